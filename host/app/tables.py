"""All tables of Tieline: importing this module fills `metadata`."""

import erp_links.links.models
import erp_links.mapping.models
import erp_links.sync.models
import erp_links.tracing.models
import host.accounts.models
import host.api.models
import host.audit.models
import host.crm.models
import host.crm.tables
import host.jobs.models
import host.secrets.models
import sync_connectors.registered.models
from host.database import Base

MODULES = (
    host.accounts.models,
    host.api.models,
    host.audit.models,
    host.crm.models,
    host.crm.tables,
    host.jobs.models,
    host.secrets.models,
    sync_connectors.registered.models,
    erp_links.links.models,
    erp_links.mapping.models,
    erp_links.sync.models,
    erp_links.tracing.models,
)
"""The modules that declare tables; naming them keeps their imports."""

metadata = Base.metadata
