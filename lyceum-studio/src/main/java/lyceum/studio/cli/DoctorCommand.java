package lyceum.studio.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum doctor}. */
@Command(name = "doctor", description = "What was found, and the line that mends each lack.")
final class DoctorCommand implements Callable<Integer> {

    @ParentCommand
    private LyceumCommand lyceum;

    @Override
    public Integer call() {
        return LyceumCommand.DONE;
    }
}
