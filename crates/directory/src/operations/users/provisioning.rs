//! What newcomers of a home get at the caller's door.

use std::sync::Arc;

use crate::access::work::Work;
use crate::cache::provisioning_defaults::ProvisioningDefaults;
use crate::model::{Fault, OrganisationId, RoleId};
use crate::operations::roles::defaults::default_roles_setting;
use crate::outcome::Outcome;
use crate::store::{provisioning_defaults, roles};

impl Work<'_> {
    /// What newcomers of a home get at the caller's door; none when there is no such organisation.
    pub async fn door(
        &mut self,
        home: OrganisationId,
    ) -> Outcome<Option<Arc<ProvisioningDefaults>>> {
        let inner = Arc::clone(&self.inner);
        let platform = self.caller.platform;
        let place = (platform, home);
        if let Some((since, door)) = inner.provisioning_defaults.get(place)
            && self.tx.unchanged_since(Some(since))
        {
            return Ok(Some(door));
        }
        let usual = inner
            .platform(platform)
            .map_or(&[][..], |spec| spec.default_roles);
        let setting = default_roles_setting(platform);
        let stored =
            provisioning_defaults::stored(&mut self.tx, platform, &setting, usual, home).await?;
        if !stored.home {
            return Ok(None);
        }
        let mut door = ProvisioningDefaults {
            roles: stored.usual,
            groups: stored.groups,
        };
        if let Some(chosen) = stored.chosen {
            let ids: Vec<i64> = serde_json::from_str(&chosen)
                .map_err(|error| Fault::Internal(format!("stored default roles: {error}")))?;
            door.roles.clear();
            for id in ids {
                let role = roles::by_id(&mut self.tx, RoleId(id)).await?;
                door.roles.extend(role.map(|role| role.id));
            }
        }
        let door = Arc::new(door);
        if let Some(since) = self.tx.since() {
            inner.provisioning_defaults.put(place, since, &door);
        }
        Ok(Some(door))
    }
}
