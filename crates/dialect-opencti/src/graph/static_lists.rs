//! Static lists in the graph: markings and e-mail templates, short lists that are filtered and cut here.

use directory::Predicate;

use super::super::columns;
use super::super::filter;
use super::super::marking::{self, MARKINGS};
use super::super::node::{self, Node};
use super::super::static_list;
use super::super::templates;
use super::{Session, lists};
use graphql::{Call, Link, Refusal};

impl Session {
    /// A page of the markings.
    pub(super) async fn markings(&self, call: &Call<'_>) -> Result<Link<Node>, Refusal> {
        let look = |found: &'static marking::Marking| {
            move |field: &&'static str| -> Vec<directory::Value> {
                match *field {
                    "definition" => vec![found.definition.into()],
                    "definition_type" => vec![found.kind.into()],
                    "x_opencti_order" => vec![found.order.into()],
                    "x_opencti_color" => vec![found.color.into()],
                    "id" => vec![found.id.to_string().into()],
                    _ => Vec::new(),
                }
            }
        };
        let predicate = self.static_list_filter(call, columns::marking).await?;
        let terms = self.paid_terms(call)?;
        let mut found: Vec<&'static marking::Marking> = MARKINGS
            .iter()
            .filter(|entry| static_list::passes(&predicate, &look(entry)))
            .filter(|entry| {
                let text = directory::fold_search(entry.definition);
                terms.is_empty()
                    || terms
                        .iter()
                        .any(|term| text.contains(&directory::fold_search(term)))
            })
            .collect();
        match call.text("orderBy") {
            "definition" => found.sort_by_key(|entry| entry.definition),
            "definition_type" => found.sort_by_key(|entry| entry.kind),
            "x_opencti_order" => found.sort_by_key(|entry| entry.order),
            "x_opencti_color" => found.sort_by_key(|entry| entry.color),
            _ => {}
        }
        if call.text("orderMode") == "desc" {
            found.reverse();
        }
        let nodes = found.into_iter().map(|entry| self.marking(entry)).collect();
        lists::static_connection(&node::MARKINGS, call, nodes)
    }

    /// A page of the e-mail templates.
    pub(super) async fn templates(&self, call: &Call<'_>) -> Result<Link<Node>, Refusal> {
        let predicate = self.static_list_filter(call, columns::template).await?;
        let terms = self.paid_terms(call)?;
        let mut found = templates::all(self).await?;
        found.retain(|template| {
            let look = |field: &&'static str| template.look(field);
            let text = directory::fold_search(&template.document.name);
            static_list::passes(&predicate, &look)
                && (terms.is_empty()
                    || terms
                        .iter()
                        .any(|term| text.contains(&directory::fold_search(term))))
        });
        if matches!(call.text("orderBy"), "name" | "_score") {
            found.sort_by_cached_key(|template| directory::fold_search(&template.document.name));
        }
        if call.text("orderMode") == "desc" {
            found.reverse();
        }
        let nodes = found.iter().map(templates::node).collect();
        lists::static_connection(&node::TEMPLATES, call, nodes)
    }

    async fn static_list_filter(
        &self,
        call: &Call<'_>,
        columns: filter::Columns<&'static str>,
    ) -> Result<Predicate<&'static str>, Refusal> {
        let Some(group) = call.get("filters") else {
            return Ok(Predicate::All);
        };
        let resolved = self.resolve(filter::standard_ids(group)).await?;
        let predicate = filter::read(group, columns, &resolved, self.now())?;
        self.spend(&predicate)?;
        Ok(predicate)
    }
}
