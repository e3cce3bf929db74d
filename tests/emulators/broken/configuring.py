"""Connectors that fail a check of the configuration."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sync_connectors import (
    AuthenticationError,
    Configuration,
    ConfigurationError,
    ConfigurationField,
    Services,
    Tested,
    UnavailableError,
)
from tests.emulators.broken.breaking import breaks
from tests.emulators.broken.good import CONFIGURATION, GoodConnector, GoodSession


@breaks("configuration_is_declared")
class DependsOnAnUnknownField(GoodConnector):
    def configuration_fields(self) -> Sequence[ConfigurationField]:
        return [replace(field, depends_on=()) for field in super().configuration_fields()[:2]] + [
            replace(super().configuration_fields()[2], depends_on=("Adress",))
        ]


@breaks("configuration_is_declared")
class DefaultsToWhatIsNoChoice(GoodConnector):
    def configuration_fields(self) -> Sequence[ConfigurationField]:
        *others, company = super().configuration_fields()
        return [*others, replace(company, list_name="", choices={"1": "Nordwind A/S"}, default="2")]


@breaks("configuration_is_accepted")
class NeverPassesItsTest(GoodSession):
    def test(self) -> Tested:
        raise UnavailableError("the shop is closed")


@breaks("configuration_lists_have_items")
class HasNoCompanies(GoodConnector):
    def configuration_list(self, list_name: str, configuration: Configuration, services: Services) -> Mapping[str, str]:
        return {}


@breaks("wrong_configuration_is_refused")
class TakesAnyAddress(GoodConnector):
    def check_address(self, configuration: Configuration) -> None:
        pass


@breaks("refusal_names_the_field")
class RefusesWithoutField(GoodConnector):
    def check_address(self, configuration: Configuration) -> None:
        if configuration.get("Address") != CONFIGURATION["Address"]:
            raise ConfigurationError("something is wrong")


@breaks("wrong_secret_is_an_authentication_error")
class RefusesThePasswordAsConfiguration(GoodConnector):
    def check_password(self, configuration: Configuration) -> None:
        if configuration.get("Password") != CONFIGURATION["Password"]:
            raise ConfigurationError("the password was refused", fields={"Password": "was refused"})


@breaks("refusal_keeps_the_secret")
class RepeatsThePassword(GoodConnector):
    def check_password(self, configuration: Configuration) -> None:
        if (given := configuration.get("Password")) != CONFIGURATION["Password"]:
            raise AuthenticationError(f"“{given}” was refused", fields={"Password": "was refused"})


@breaks("unknown_link_is_told")
class TakesAnUnknownLinkForAWrongConfiguration(GoodConnector):
    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()

    def save_link(self, guid: str, configuration: Configuration, services: Services) -> Tested:
        self.links.add(guid)
        return super().save_link(guid, configuration, services)

    def open(self, guid: str, configuration: Configuration, services: Services) -> GoodSession:
        if guid not in self.links:
            raise ConfigurationError("no configuration is kept for this link")
        return super().open(guid, configuration, services)
