//! Execution: what a plan names is loaded level by level, each relation once for all its parents.

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use super::plan::{self, Call, Field, Plan};
use super::write::Json;
use super::{Arguments, Engine, Refusal, too_many_objects};

/// A future the graph hands back.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What hangs at a field of one object.
#[derive(Debug, Clone, PartialEq)]
pub enum Link<N> {
    /// Nothing: `null`.
    Null,
    /// One object.
    One(N),
    /// A list of objects.
    Many(Vec<N>),
    /// A finished value without objects in it.
    Leaf(Value),
}

/// What stands behind the schema.
pub trait Graph: Sync {
    /// An object of the graph, cheap to clone.
    type Node: Clone + Send + Sync;

    /// The object that `Query` or `Mutation` is.
    fn root(&self, mutation: bool) -> Self::Node;

    /// The object type of a node.
    fn type_name<'n>(&self, node: &'n Self::Node) -> &'n str;

    /// Whether a field without selections has to be asked for by [`Graph::relate`] all the same,
    /// because answering it is an act or needs the store.
    fn fetched(type_name: &str, field: &str) -> bool;

    /// Answers a field for all its parents, which are of one type: one link for each, in order.
    fn relate<'a>(
        &'a self,
        parents: &'a [&'a Self::Node],
        call: &'a Call<'a>,
    ) -> Pending<'a, Result<Vec<Link<Self::Node>>, Refusal>>;

    /// Writes a field that needs no question.
    fn write(&self, node: &Self::Node, field: &Field, out: &mut Json);
}

/// A refusal and where it happened.
pub(super) struct Failure {
    pub(super) path: Vec<String>,
    pub(super) refusal: Refusal,
}

/// Everything an answer is written from.
pub struct Answer<N> {
    pub(super) root: Option<Level<N>>,
    pub(super) failures: Vec<Failure>,
    pub(super) meta: Arguments,
}

/// The nodes at one place of the plan, for all their parents together.
pub(super) struct Level<N> {
    pub(super) nodes: Vec<N>,
    /// For each node, which of `branches` it belongs to and its rank there.
    pub(super) places: Vec<(u32, u32)>,
    pub(super) branches: Vec<Branch<N>>,
}

/// The nodes of a level that share a type, with what was loaded below each selected field.
pub(super) struct Branch<N> {
    pub(super) type_name: String,
    pub(super) below: Vec<Option<Below<N>>>,
}

/// A loaded field: a shape for each parent, pointing into the level below.
pub(super) struct Below<N> {
    pub(super) shapes: Vec<Shape>,
    pub(super) level: Level<N>,
}

pub(super) enum Shape {
    Null,
    One(usize),
    Many(usize, usize),
    Leaf(Value),
}

/// A field that may not be null failed: whatever holds it is null too.
struct Lost;

pub(super) async fn run<G: Graph>(
    engine: &Engine,
    graph: &G,
    plan: &Plan,
    variables: &Arguments,
    meta: Arguments,
) -> Answer<G::Node> {
    let mut run = Run {
        engine,
        graph,
        variables,
        failures: Vec::new(),
        path: Vec::new(),
        objects: 0,
    };
    let root = graph.root(plan.mutation);
    let root = run
        .level(vec![root], Selected::Root(&plan.fields))
        .await
        .ok();
    Answer {
        root,
        failures: run.failures,
        meta,
    }
}

/// What is selected at a level: the root's fields, or those below a field, by type.
#[derive(Clone, Copy)]
enum Selected<'p> {
    Root(&'p [Field]),
    Below(&'p Field),
}

impl<'p> Selected<'p> {
    fn fields(self, type_name: &str) -> &'p [Field] {
        match self {
            Self::Root(fields) => fields,
            Self::Below(field) => field.fields(type_name),
        }
    }
}

struct Run<'r, G: Graph> {
    engine: &'r Engine,
    graph: &'r G,
    variables: &'r Arguments,
    failures: Vec<Failure>,
    path: Vec<String>,
    objects: usize,
}

impl<'r, G: Graph> Run<'r, G> {
    fn level<'a>(
        &'a mut self,
        nodes: Vec<G::Node>,
        selected: Selected<'a>,
    ) -> Pending<'a, Result<Level<G::Node>, Lost>> {
        Box::pin(async move {
            let mut branches: Vec<Branch<G::Node>> = Vec::new();
            let mut ranks: Vec<u32> = Vec::new();
            let mut places = Vec::with_capacity(nodes.len());
            for node in &nodes {
                let type_name = self.graph.type_name(node);
                let known = branches
                    .iter()
                    .position(|branch| branch.type_name == type_name);
                let branch = known.unwrap_or_else(|| {
                    branches.push(Branch {
                        type_name: type_name.to_owned(),
                        below: Vec::new(),
                    });
                    ranks.push(0);
                    branches.len() - 1
                });
                places.push((u32::try_from(branch).unwrap_or(u32::MAX), ranks[branch]));
                ranks[branch] += 1;
            }
            for (index, branch) in branches.iter_mut().enumerate() {
                let fields = selected.fields(&branch.type_name);
                if !fields.iter().any(|field| field.fetched) {
                    continue;
                }
                let members: Vec<&G::Node> = nodes
                    .iter()
                    .zip(&places)
                    .filter(|(_, place)| place.0 as usize == index)
                    .map(|(node, _)| node)
                    .collect();
                for field in fields {
                    let below = if field.fetched {
                        Some(self.field(&members, field).await?)
                    } else {
                        None
                    };
                    branch.below.push(below);
                }
            }
            Ok(Level {
                nodes,
                places,
                branches,
            })
        })
    }

    /// Loads one field for all its parents, and what is selected below it.
    async fn field(&mut self, parents: &[&G::Node], field: &Field) -> Result<Below<G::Node>, Lost> {
        self.path.push(field.response.as_str().to_owned());
        let loaded = match self.links(parents, field).await {
            Ok(links) => {
                let (shapes, nodes) = shapes(links, parents.len());
                match self.level(nodes, Selected::Below(field)).await {
                    Ok(level) => Some(Below { shapes, level }),
                    Err(Lost) => None,
                }
            }
            Err(refusal) => {
                self.failures.push(Failure {
                    path: self.path.clone(),
                    refusal: refusal.at(field.location),
                });
                None
            }
        };
        self.path.pop();
        match loaded {
            Some(below) => Ok(below),
            None if field.definition.ty.is_non_null() => Err(Lost),
            None => Ok(Below {
                shapes: parents.iter().map(|_| Shape::Null).collect(),
                level: Level {
                    nodes: Vec::new(),
                    places: Vec::new(),
                    branches: Vec::new(),
                },
            }),
        }
    }

    async fn links(
        &mut self,
        parents: &[&G::Node],
        field: &Field,
    ) -> Result<Vec<Link<G::Node>>, Refusal> {
        let call = plan::call(self.engine, field, self.variables)?;
        let links = self.graph.relate(parents, &call).await?;
        for link in &links {
            self.objects += match link {
                Link::Many(nodes) => nodes.len(),
                Link::Null | Link::One(_) | Link::Leaf(_) => 1,
            };
        }
        if self.objects > self.engine.limits.objects {
            return Err(too_many_objects());
        }
        Ok(links)
    }
}

fn shapes<N>(links: Vec<Link<N>>, parents: usize) -> (Vec<Shape>, Vec<N>) {
    let mut nodes = Vec::new();
    let mut shapes: Vec<Shape> = links
        .into_iter()
        .map(|link| match link {
            Link::Null => Shape::Null,
            Link::Leaf(value) => Shape::Leaf(value),
            Link::One(node) => {
                nodes.push(node);
                Shape::One(nodes.len() - 1)
            }
            Link::Many(many) => {
                let start = nodes.len();
                nodes.extend(many);
                Shape::Many(start, nodes.len())
            }
        })
        .collect();
    shapes.resize_with(parents, || Shape::Null);
    (shapes, nodes)
}
