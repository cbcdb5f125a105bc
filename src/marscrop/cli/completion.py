"""`marscrop completion`: what a shell reads to complete the words of `marscrop`."""

from __future__ import annotations

import click

from marscrop.cli.process import refuse

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS), help="bash (4.4 or newer), zsh or fish.")
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands, options and presets.

    \b
    bash: marscrop completion bash > ~/.local/share/bash-completion/completions/marscrop
    zsh:  marscrop completion zsh > ~/.zfunc/_marscrop   (with ~/.zfunc in fpath, before compinit)
    fish: marscrop completion fish > ~/.config/fish/completions/marscrop.fish
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        refuse(f"{shell} cannot be completed by this Click")
    # Without `source`, which asks the bash of here for its version: the script may be for another.
    completer = found(context.find_root().command, {}, "marscrop", "_MARSCROP_COMPLETE")
    click.echo(completer.source_template % completer.source_vars())
