package lyceum.studio.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum completion}. */
@Command(name = "completion", description = "Print a completion script for bash and zsh.",
        footer = {"", "For this shell:   source <(lyceum completion)",
                "For every shell:  lyceum completion > ~/.local/share/bash-completion/completions/lyceum"})
final class CompletionCommand implements Callable<Integer> {

    @ParentCommand private LyceumCommand lyceum;

    @Override public Integer call() {
        lyceum.terminal().out().print(lyceum.completionScript());
        return LyceumCommand.DONE;
    }
}
