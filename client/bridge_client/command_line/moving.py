"""The commands that move conversations: `import`, `export`, `backup`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bridge_client.command_line.completing import complete_file, complete_folder, complete_session
from bridge_client.command_line.options import bridge_options, json_option
from bridge_client.config.choice import Choice
from bridge_client.program import Program, now

if TYPE_CHECKING:
    from bridge_client.commands.client import Client

FORMATS = ("md", "json", "jsonl")


class Examples(click.Command):
    """A command whose help ends with examples: the words after its name, and what they do."""

    examples: tuple[tuple[str, str], ...] = ()

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            formatter.write_dl([(f"{ctx.info_name} {words}", meaning) for words, meaning in self.examples], col_max=44)


class Import(Examples):
    examples = (
        ("~/.claude/projects", "what is new in Claude Code"),
        ("claude-export.zip --dry-run", "only look at what is in it"),
        ("--undo last", "take the last import back"),
    )


class Export(Examples):
    examples = (
        ("SESSION --format json -o kites.json", "one, for `import`"),
        ("--all ~/exported", "all, each in its own file"),
    )


@click.command("import", cls=Import, short_help="Import conversations of other programs, each turn once.")
@click.argument("paths", nargs=-1, metavar="PATH...", shell_complete=complete_file)
@click.option("--project", metavar="NAME", default="", help="Put everything imported into this project.")
@click.option("--keep-secrets", is_flag=True, help="Import keys, tokens and passwords as they are.")
@click.option("--dry-run", is_flag=True, help="Only show what would be imported or deleted.")
@click.option("--undo", metavar="RUN", default="", help="Delete the sessions an import began; `last`: the last import.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before --undo deletes.")
@click.option("-q", "--quiet", is_flag=True, help="Print only failures.")
@json_option
@bridge_options
@click.pass_obj
def import_(
    program: Program,
    paths: tuple[str, ...],
    project: str,
    undo: str,
    choice: Choice,
    *,
    keep_secrets: bool,
    dry_run: bool,
    yes: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Import what other programs or `export` wrote, each turn once: files or folders of Claude Code, Codex, claude.ai, ChatGPT, llm."""
    if bool(paths) == bool(undo):
        raise click.UsageError("Name the files or folders to import, or an import to --undo.")
    project = " ".join(project.split())

    def work(client: Client) -> int:
        from bridge_client.commands.moving.importing import Options, import_files
        from bridge_client.commands.moving.runs import Runs
        from bridge_client.commands.moving.undoing import undo as undo_run

        client.notes.quiet = quiet
        runs = Runs(program.environment.state / "imports")
        if undo:
            return undo_run(client, runs, undo, yes=yes, dry_run=dry_run, as_json=as_json)
        return import_files(client, runs, paths, Options(project, keep_secrets, dry_run, as_json, quiet), now())

    return program.run(work, choice, as_json=as_json)


@click.command("export", cls=Export, short_help="Write a session as a document, or all as files for import.")
@click.argument("session", default="", shell_complete=complete_session)
@click.option("--format", "form", type=click.Choice(FORMATS), default="md", show_default=True, help="Markdown, JSON, or JSON lines.")
@click.option(
    "-o", "--output", metavar="FILE", default="", help="Write to this file, which only you can read.", shell_complete=complete_file
)
@click.option(
    "--all",
    "folder",
    metavar="DIR",
    default="",
    help="Write all sessions into this folder, or what is new.",
    shell_complete=complete_folder,
)
@json_option
@bridge_options
@click.pass_obj
def export(program: Program, session: str, form: str, output: str, folder: str, choice: Choice, *, as_json: bool) -> int:
    """Write a session as a document, or all of them as files for `import`."""
    if bool(session) == bool(folder):
        raise click.UsageError("Name a session, or a folder for --all of them.")
    if folder and output:
        raise click.UsageError("--all and -o exclude each other.")

    def work(client: Client) -> int:
        from bridge_client.commands.choosing import with_session
        from bridge_client.commands.moving.exporting import export, export_all

        if folder:
            return export_all(client, folder, as_json=as_json)
        return with_session(client, session, lambda session_id: export(client, session_id, "json" if as_json else form, output, now()))

    return program.run(work, choice, as_json=as_json)


@click.command("backup")
@click.argument("file", shell_complete=complete_file)
@json_option
@bridge_options
@click.pass_obj
def backup(program: Program, file: str, choice: Choice, *, as_json: bool) -> int:
    """Write everything into one file that only you can read.

    Of this machine's own store a copy, made by SQLite; of another bridge an archive that `import` takes back.
    """

    def work(client: Client) -> int:
        from bridge_client.commands.moving.backup import backup

        offline = choice.stand_in or program.environment.stand_in
        store = program.environment.home / ("sessions-offline.db" if offline else "sessions.db")
        return backup(client, store, file, as_json=as_json)

    return program.run(work, choice, as_json=as_json)
