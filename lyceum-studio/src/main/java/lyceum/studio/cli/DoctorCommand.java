package lyceum.studio.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import lyceum.studio.cli.Terminal.Style;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum doctor}: what was found on this machine, and how to fix what is missing. */
@Command(name = "doctor", description = "Check this machine, and show how to fix what is missing.")
final class DoctorCommand implements Callable<Integer> {

    @ParentCommand private LyceumCommand lyceum;

    @Override public Integer call() { return report(lyceum.terminal(), new MachineCheck().findings()); }

    /** Prints findings; 1 where something is missing that Lyceum cannot do without. */
    static int report(Terminal terminal, List<Finding> findings) {
        int width = findings.stream().mapToInt(f -> f.name().length()).max().orElse(0);
        var lacks = new ArrayList<Finding>();
        for (var finding : findings) {
            var style = switch (finding.level()) {
                case FINE -> Style.PLAIN;
                case OPTIONAL -> Style.PARTIAL;
                case NEEDED -> Style.FAILS;
            };
            var lines = TextWidth.wrap(finding.found(), terminal.columns() - width - 4);
            for (int i = 0; i < lines.size(); i++) {
                terminal.out()
                        .println("  " + TextWidth.pad(i == 0 ? finding.name() : "", width) + "  " + terminal.styled(style, lines.get(i)));
            }
            if (!finding.mend().isEmpty()) {
                terminal.out().println("  " + " ".repeat(width) + "  fix it: " + finding.mend());
                lacks.add(finding);
            }
        }
        terminal.out().println();
        long needed = lacks.stream().filter(f -> f.level() == Level.NEEDED).count();
        terminal.out().println(
                lacks.isEmpty() ? "Nothing is missing." : needed > 0 ? needed + " needed, " + (lacks.size() - needed) + " optional."
                        : "Everything needed is here; " + lacks.size() + " optional missing.");
        return needed > 0 ? LyceumCommand.FAILED : LyceumCommand.DONE;
    }

    /** How much a lack matters. */
    enum Level {
        FINE, OPTIONAL, NEEDED
    }

    /**
     * One thing that was looked for.
     *
     * @param mend the line to run; empty where nothing is missing
     */
    record Finding(String name, String found, Level level, String mend) {

        static Finding fine(String name, String found) { return new Finding(name, found, Level.FINE, ""); }

        static Finding optional(String name, String found, String mend) { return new Finding(name, found, Level.OPTIONAL, mend); }

        static Finding needed(String name, String found, String mend) { return new Finding(name, found, Level.NEEDED, mend); }
    }
}
