"""The command line: `./rapport COMMAND`. Each command lives in `bot/commands/`; heavy imports wait until it runs."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from bot.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Rapport: a support-and-advocacy chatbot.")
user = typer.Typer(no_args_is_help=True, help="Staff accounts.")
app.add_typer(user, name="user")
articles = typer.Typer(no_args_is_help=True, help="The articles the bot answers from.")
app.add_typer(articles, name="articles")

Data = Annotated[Path | None, typer.Option("--data", help="Data folder (RAPPORT_DATA); default var/.")]


def _settings(data: Path | None = None, **overrides: object) -> Settings:
    """The settings, or exit 2 with one sentence for each wrong one."""
    try:
        return load_settings(data=data, **overrides)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            name = "_".join(str(part) for part in item["loc"]).upper()
            typer.echo(f"rapport: RAPPORT_{name}: {item['msg'].removeprefix('Value error, ')}", err=True)
        raise typer.Exit(2) from error


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="The public port.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    data: Data = None,
) -> None:
    """Set up what is missing and run everything until Ctrl-C."""
    from bot.commands.up import up as run

    raise typer.Exit(run(_settings(data, port=port, host=host)))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(
    context: typer.Context,
    suite: Annotated[
        str, typer.Argument(help="unit, integration, e2e, browser, webkit or all (of them but webkit).")
    ] = "all",
    data: Data = None,
) -> None:
    """Run the tests; further arguments go to pytest."""
    from bot.commands.testing import SUITES, run_tests

    if suite != "all" and suite not in SUITES:
        typer.echo(f"rapport: there is no suite {suite!r}; choose from {', '.join([*SUITES, 'all'])}.", err=True)
        raise typer.Exit(2)
    raise typer.Exit(run_tests(_settings(data), suite, context.args))


@app.command()
def check() -> None:
    """Format, lint, types, import contracts, docs."""
    from bot.commands.testing import check as run

    raise typer.Exit(run())


@app.command()
def train(
    force: Annotated[bool, typer.Option(help="Train even if there is a model for this data.")] = False,
    data: Data = None,
) -> None:
    """Train a model from the data and the taught examples."""
    from bot.commands.models import train as run

    raise typer.Exit(run(_settings(data), force=force))


@app.command()
def evaluate(model: Annotated[str | None, typer.Option(help="A model's id.")] = None, data: Data = None) -> None:
    """Measure a model on the held-out phrases, beside the live one."""
    from bot.commands.models import evaluate as run

    raise typer.Exit(run(_settings(data), model))


@app.command()
def models(data: Data = None) -> None:
    """List the models with author, data version and scores."""
    from bot.commands.models import models as run

    raise typer.Exit(run(_settings(data)))


@app.command()
def promote(
    model: str,
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")],
    force: Annotated[bool, typer.Option(help="Promote although the gate refuses.")] = False,
    data: Data = None,
) -> None:
    """Let another model answer the customers."""
    from bot.commands.models import promote as run

    raise typer.Exit(run(_settings(data), model, reason, force=force))


@app.command()
def rollback(
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")] = "rolled back from the command line",
    data: Data = None,
) -> None:
    """Go back to the model before."""
    from bot.commands.models import rollback as run

    raise typer.Exit(run(_settings(data), reason))


@app.command()
def understand(model: Annotated[str | None, typer.Option(help="A model's id.")] = None, data: Data = None) -> None:
    """Read one message a line on stdin; write what is understood as one JSON object a line."""
    from bot.commands.models import understand as run

    raise typer.Exit(run(_settings(data), model))


@app.command()
def answer(data: Data = None) -> None:
    """Read one question a line on stdin; write the article that answers it as one JSON object a line."""
    from bot.commands.answer import answer as run

    raise typer.Exit(run(_settings(data)))


@articles.command("export")
def articles_export(folder: Path, data: Data = None) -> None:
    """Write each article to FOLDER as a Markdown file."""
    from bot.commands.articles import export_to

    raise typer.Exit(export_to(_settings(data), folder))


@articles.command("import")
def articles_import(folder: Path, data: Data = None) -> None:
    """Take the Markdown files of FOLDER; what differs becomes a new version."""
    from bot.commands.articles import import_from

    raise typer.Exit(import_from(_settings(data), folder))


@app.command()
def guides() -> None:
    """Check the troubleshooting guides; each mistake with its file and line."""
    from bot.commands.guides import guides as run

    raise typer.Exit(run())


@user.command("add")
def user_add(
    email: Annotated[str, typer.Option(help="Address to sign in with.")],
    role: Annotated[str, typer.Option(help="agent, supervisor or admin.")],
    name: Annotated[str | None, typer.Option(help="The name customers see.")] = None,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from stdin.")] = False,
    data: Data = None,
) -> None:
    """Add a staff account."""
    from bot.commands.users import add

    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    raise typer.Exit(add(_settings(data), email, role, name, password))


@app.command()
def erase(
    customer: Annotated[str, typer.Argument(help="The customer's id, the site's id of them, or their e-mail address.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Erase a customer for good; scores stay as anonymous counts."""
    from bot.commands.people import erase as run

    raise typer.Exit(run(_settings(data), customer, sure=yes))


@app.command()
def export(
    customer: Annotated[str, typer.Argument(help="The customer's id, the site's id of them, or their e-mail address.")],
    output: Annotated[Path | None, typer.Option(help="The file to write; default: stdout.")] = None,
    data: Data = None,
) -> None:
    """Write everything that is held about a customer, as JSON."""
    from bot.commands.people import export as run

    raise typer.Exit(run(_settings(data), customer, output))


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the store's schema up to date."""
    from bot.commands.operations import migrate as run

    raise typer.Exit(run(_settings(data)))


@app.command()
def doctor(data: Data = None) -> None:
    """Look at what the product needs on this machine and say what is missing."""
    from bot.commands.operations import doctor as run

    raise typer.Exit(run(_settings(data)))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(context: typer.Context, name: str, data: Data = None) -> None:
    """Run a benchmark of `bench/`; prints a table and one last JSON line."""
    from bot.commands.operations import bench as run

    raise typer.Exit(run(_settings(data), name, context.args))


def main() -> None:
    """The entry point of the installed script."""
    app()


if __name__ == "__main__":
    main()
