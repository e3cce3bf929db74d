"""Suggestions for inputs that refer to a record."""

from flask import Response, jsonify, request
from flask_login import login_required

from host.crm.references import suggestions
from host.database import current_database


@login_required
def suggest(entity_type: str) -> Response:
    """Answer with texts of references to the records that the typed text finds."""
    text = request.args.get("q", "").strip()
    if not text:
        return jsonify([])
    with current_database().reading() as session:
        return jsonify(suggestions(session, entity_type, text))
