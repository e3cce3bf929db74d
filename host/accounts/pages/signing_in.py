"""Signing in and out, and the first administrator."""

import logging

import flask
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from host.accounts.current import signed_in_user
from host.accounts.operations import authenticate
from host.accounts.pages import blueprint
from host.accounts.schemas import FirstAdministratorInput, SignInInput
from host.accounts.sessions import begin_session_of, end_session, safe_next
from host.accounts.setup import create_first_administrator, setup_link_is_open
from host.accounts.sign_in_limits import count_try
from host.database import current_database
from host.errors import InvalidInputError, NotFoundError, TooManyRequestsError
from host.schemas import load_form

_logger = logging.getLogger(__name__)


@blueprint.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Ask for login and password."""
    if signed_in_user() is not None:
        return redirect(safe_next(request.args.get("next", "")))
    return _sign_in_page()


@blueprint.post("/sign-in")
def sign_in_with_password() -> ResponseReturnValue:
    """Begin a session, or say that login and password do not match; never which of them is wrong."""
    try:
        values = load_form(SignInInput, request.form)
        count_try(request.remote_addr or "", values["login"])
    except InvalidInputError as error:
        return _sign_in_page(errors=error.errors), 422
    except TooManyRequestsError as error:
        return _sign_in_page(fault=str(error)), 429, {"Retry-After": str(error.retry_after)}
    user = authenticate(current_database(), values["login"], values["password"])
    if user is None:
        # without the login: people type their password there
        _logger.warning("sign-in refused, asked from %s", request.remote_addr)
        return _sign_in_page(fault=_("Login and password do not match.")), 422
    _logger.info("user %s signed in from %s", user.id, request.remote_addr)
    begin_session_of(user)
    return redirect(safe_next(request.form.get("next", "")))


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session."""
    end_session()
    return redirect(url_for("accounts.sign_in"))


@blueprint.get("/sign-in/confirm")
@login_required
def confirm() -> ResponseReturnValue:
    """Ask a user who is signed in for the password again."""
    return _confirm_page()


@blueprint.post("/sign-in/confirm")
@login_required
def confirm_with_password() -> ResponseReturnValue:
    """Take the password of the user who is signed in."""
    signed_in = signed_in_user()
    login = signed_in.login if signed_in is not None else ""
    try:
        count_try(request.remote_addr or "", login)
    except TooManyRequestsError as error:
        return _confirm_page(fault=str(error)), 429, {"Retry-After": str(error.retry_after)}
    user = authenticate(current_database(), login, request.form.get("password", ""))
    if user is None:
        return _confirm_page(fault=_("This is not your password.")), 422
    begin_session_of(user)
    return redirect(safe_next(request.form.get("next", "")))


@blueprint.get("/setup/<token>")
def setup(token: str) -> ResponseReturnValue:
    """Ask for the first administrator."""
    _refuse_closed(token)
    return render_template("accounts/setup.html", token=token, values={}, errors={})


@blueprint.post("/setup/<token>")
def set_up(token: str) -> ResponseReturnValue:
    """Make the first administrator, who is signed in at once."""
    count_try(request.remote_addr or "", "setup")
    _refuse_closed(token)
    try:
        values = load_form(FirstAdministratorInput, request.form)
        with current_database().writing() as session:
            user = create_first_administrator(session, token, **values, address=request.remote_addr or "")
    except InvalidInputError as error:
        sent = {name: request.form.get(name, "") for name in ("login", "name")}
        return render_template("accounts/setup.html", token=token, values=sent, errors=error.errors), 422
    begin_session_of(user)
    flask.flash(_("You are the first administrator. Add the others under Users."), "ok")
    return redirect(f"{request.script_root}/")


def _sign_in_page(fault: str = "", errors: dict[str, list[str]] | None = None) -> str:
    return render_template(
        "accounts/sign_in.html",
        fault=fault,
        errors=errors or {},
        login=request.form.get("login", ""),
        next=request.values.get("next", ""),
    )


def _confirm_page(fault: str = "") -> str:
    return render_template("accounts/confirm.html", fault=fault, next=request.values.get("next", ""))


def _refuse_closed(token: str) -> None:
    with current_database().reading() as session:
        if not setup_link_is_open(session, token):
            raise NotFoundError(_("this link does not count any more"), _("start Tieline again for a new one"))
