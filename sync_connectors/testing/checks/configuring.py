"""Checks of the configuration: what is declared, what is accepted, and how wrong values are refused."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from sync_connectors.configuration import is_shown, text_of, value_of
from sync_connectors.contract.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    UnavailableError,
    UnknownLinkError,
)
from sync_connectors.contract.fields import ConfigurationField
from sync_connectors.contract.values import FieldType
from sync_connectors.testing.bench import Bench
from sync_connectors.testing.check import check
from sync_connectors.testing.outcomes import CheckFailedError, apply_if, require

NONSENSE = "no-such-thing-7q"


@check(
    mend="See the fields named: `show_if` and `depends_on` hold keys of declared fields, `default` the text of a value "
    "that the field itself would accept, for a LIST with `choices` one of their keys.",
)
def configuration_is_declared(bench: Bench) -> None:
    """The configuration fields name each other correctly, and their defaults suit their types."""
    fields = bench.configuration_fields
    keys = {field.key for field in fields}
    for field in fields:
        named = {*field.depends_on, *([field.show_if.field] if field.show_if else [])}
        require(named <= keys, f"{field.key} depends on {', '.join(sorted(named - keys))}, which is not declared")
        require(field.label.strip(), f"{field.key} has a blank label")
        if field.type is not FieldType.LABEL and "<" not in field.default:
            try:
                default = value_of(field, field.default)
            except ValueError as error:
                raise CheckFailedError(f"the default of {field.key} {error}") from None
            if field.choices and default is not None:
                require(default in field.choices, f"the default of {field.key} is none of its choices")


@check(
    mend="Give the kit a configuration that works. If it does, see why test_configuration, save_link, open or the "
    "session's test refuses it.",
)
def configuration_is_accepted(bench: Bench) -> None:
    """The configuration given to the kit is accepted, and a session on it passes its test."""
    bench.connector.test_configuration(bench.configuration, bench.new_services())
    bench.session.test()


@check(
    mend="Answer configuration_list for the list named; it gets what was typed so far.",
)
def configuration_lists_have_items(bench: Bench) -> None:
    """Every LIST field of the configuration that names a list has items to choose from."""
    shown = {key: text_of(value) for key, value in bench.configuration.items()}
    lists = [
        field
        for field in bench.configuration_fields
        if field.type is FieldType.LIST and not field.choices and is_shown(field, bench.configuration_fields, shown)
    ]
    apply_if(lists, "no configuration field is filled from a list")
    for field in lists:
        items = bench.connector.configuration_list(field.list_name, bench.configuration, bench.new_services())
        chosen = bench.configuration.get(field.key)
        require(items or not field.required, f"the list {field.list_name} of {field.key} is empty")
        require(chosen is None or chosen in items, f"the list {field.list_name} lacks the item chosen in {field.key}")


@check(
    mend="Reach the ERP in test_configuration with the very values given. Raise ConfigurationError (or its subclass "
    "AuthenticationError) for what the user has to mend, UnavailableError when the ERP cannot be reached.",
)
def wrong_configuration_is_refused(bench: Bench) -> None:
    """A wrong configuration is refused by test_configuration, with an error of the right class."""
    for changes, error in _refusals(bench):
        names = ", ".join(changes)
        require(error is not None, f"a wrong value of {names} is accepted")
        require(
            isinstance(error, ConfigurationError | UnavailableError),
            f"a wrong value of {names} raises {type(error).__name__}: {error}",
        )


@check(
    mend="Pass `fields={key: what is wrong}` to ConfigurationError; a form shows the words beside the field.",
)
def refusal_names_the_field(bench: Bench) -> None:
    """The refusal of a wrong configuration names the fields to mend."""
    keys = {field.key for field in bench.configuration_fields}
    refusals = [(changes, error) for changes, error in _refusals(bench) if isinstance(error, ConfigurationError)]
    apply_if(refusals, "no wrong configuration is refused with a ConfigurationError")
    for changes, error in refusals:
        require(error.fields, f"the refusal of {', '.join(changes)} names no field: {error.text}")
        require(error.fields.keys() <= keys, f"the refusal names {', '.join(error.fields)}, which is not all declared")


@check(
    mend="Raise AuthenticationError when the ERP refuses the credentials: the host then pauses the link instead of "
    "trying again until the account is locked.",
)
def wrong_secret_is_an_authentication_error(bench: Bench) -> None:
    """A wrong secret is refused with AuthenticationError."""
    secrets = {field.key for field in bench.configuration_fields if field.is_secret}
    refusals = [(changes, error) for changes, error in _refusals(bench) if error and changes.keys() <= secrets]
    apply_if(refusals, "no wrong secret is refused")
    for changes, error in refusals:
        if isinstance(error, UnavailableError):
            raise error
        require(
            isinstance(error, AuthenticationError),
            f"a wrong value of {', '.join(changes)} raises {type(error).__name__}: {error}",
        )


@check(
    mend="Leave secrets out of text, instruction and technical; name the field instead.",
)
def refusal_keeps_the_secret(bench: Bench) -> None:
    """No error repeats a secret."""
    secrets = {field.key for field in bench.configuration_fields if field.is_secret}
    refusals = [(changes, error) for changes, error in _refusals(bench) if error and changes.keys() & secrets]
    apply_if(refusals, "no wrong secret is refused")
    for changes, error in refusals:
        told = " ".join((str(error), error.instruction, error.technical, *_words_of(error)))
        for key in changes.keys() & secrets:
            require(str(changes[key]) not in told, f"the refusal of {key} repeats its value")


@check(
    mend="Raise UnknownLinkError where the connector keeps the configurations of links and has none of this GUID: the "
    "host then saves the link again. A connector that takes the configuration given to open needs nothing.",
)
def unknown_link_is_told(bench: Bench) -> None:
    """A session on a link that was never saved works, or raises UnknownLinkError."""
    bench.session.test()
    try:
        with bench.connector.open(str(uuid.uuid4()), bench.configuration, bench.new_services()) as session:
            session.test()
    except UnknownLinkError:
        return
    except ConnectorError as error:
        raise CheckFailedError(f"a link that was never saved raises {type(error).__name__}: {error}") from error


def _refusals(bench: Bench) -> Iterator[tuple[Mapping[str, Any], ConnectorError | None]]:
    """Yield each wrong configuration with the error that it raises, or None where it is accepted."""
    wrong = list(bench.setup.wrong_configurations) or [
        {field.key: _nonsense(field)} for field in bench.configuration_fields if _takes_nonsense(field)
    ]
    apply_if(wrong, "no configuration is known to be wrong; name one in `wrong_configurations`")
    for changes in wrong:
        configuration = {**bench.configuration, **changes}
        try:
            bench.connector.test_configuration(configuration, bench.new_services())
        except ConnectorError as error:
            yield changes, error
        else:
            yield changes, None


def _takes_nonsense(field: ConfigurationField) -> bool:
    return (
        field.required
        and (field.address or field.is_secret)
        and field.type in {FieldType.TEXT, FieldType.PASSWORD}
        and field.show_if is None
        and not field.pattern
    )


def _nonsense(field: ConfigurationField) -> str:
    return NONSENSE[: field.max_length] if field.max_length else NONSENSE


def _words_of(error: ConnectorError) -> Iterator[str]:
    if isinstance(error, ConfigurationError):
        yield from error.fields.values()


CHECKS = (
    configuration_is_declared,
    configuration_is_accepted,
    configuration_lists_have_items,
    wrong_configuration_is_refused,
    refusal_names_the_field,
    wrong_secret_is_an_authentication_error,
    refusal_keeps_the_secret,
    unknown_link_is_told,
)
