"""The features of the web application, in the order in which they are set up."""

from collections.abc import Callable

from flask import Flask

from erp_links import hub_additions
from erp_links.attention import blueprint as attention
from erp_links.links import blueprint as links
from erp_links.mapping import blueprint as mapping
from erp_links.sync.views import blueprint as sync
from erp_links.tab import blueprint as erp_tab
from erp_links.tracing import blueprint as tracing
from host import languages, throttling
from host.accounts import blueprint as accounts
from host.api import service as api
from host.app import address
from host.audit import blueprint as audit
from host.crm import blueprint as crm
from host.health import init_health
from host.logs import requests as request_logs
from host.settings import Settings
from host.web import init_web
from sync_connectors.loading import blueprint as plugins
from sync_connectors.registered import blueprint as connectors

FEATURES: tuple[Callable[[Flask, Settings], None], ...] = (
    address.init_app,
    request_logs.init_app,
    languages.init_languages,
    throttling.init_throttling,
    init_web,
    init_health,
    api.init_api,
    accounts.init_accounts,
    audit.init_app,
    crm.init_app,
    plugins.init_app,
    connectors.init_app,
    mapping.init_app,
    erp_tab.init_app,
    hub_additions.init_app,
    links.init_app,
    tracing.init_app,
    sync.init_app,
    attention.init_app,
)
