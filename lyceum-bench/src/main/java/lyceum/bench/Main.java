package lyceum.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

/** {@code ./lyceum bench SUITE [--json]}. */
@Command(name = "bench", mixinStandardHelpOptions = true, description = "Measures Lyceum beside its peers, in one run. A ratio above 1 means that Lyceum is better.")
public final class Main implements Callable<Integer> {
    enum Suite { core, learn, studio, acceptance }

    @Parameters(description = "One of: ${COMPLETION-CANDIDATES}") private Suite suite;

    @Option(names = "--json", description = "Print the rows as a JSON array and nothing else.") private boolean json;

    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT);
        System.exit(new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
    }

    @Override public Integer call() throws Exception {
        if (!json) System.out.printf("%s%n%-46s %12s %12s %8s  %s%n", Cpu.name(), "", "ours", "peer", "ratio", "unit");
        List<Row> rows = switch (suite) {
            case core -> new CoreSuite(this::show).run();
            case learn -> new LearnSuite(this::show).run();
            case studio -> new StudioSuite(this::show).run();
            case acceptance -> new AcceptanceSuite(Path.of(System.getProperty("lyceum.root", ".")), this::show).run();
        };
        if (json) System.out.println(JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(rows));
        return 0;
    }

    private void show(Row row) {
        if (json) return;
        boolean found = Double.isNaN(row.ratio()) && !Double.isNaN(row.peer());
        System.out.printf("%-46s %12s %12s %8s  %s%s%n", row.name() + " " + row.shape() + (row.suite().equals("learn") && row.threads() > 1 ? ", " + row.threads() + " threads" : ""), digits(row.ours(), found), digits(row.peer(), found),
                Double.isNaN(row.ratio()) ? "" : String.format("%.2f", row.ratio()), row.unit(), row.peerName().isEmpty() ? "" : "  " + row.peerName());
    }

    /** Four digits of a measurement, nine of what both should agree on. */
    private static String digits(double value, boolean found) {
        return Double.isNaN(value) ? "" : String.format(found ? "%.9g" : "%.4g", value);
    }
}
