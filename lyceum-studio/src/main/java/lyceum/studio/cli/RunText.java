package lyceum.studio.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lyceum.labs.CheckResult;
import lyceum.labs.run.LabEvent;
import lyceum.labs.run.LabJson;
import lyceum.labs.run.LabResult;
import lyceum.labs.LabTable;
import lyceum.labs.NumberText;
import lyceum.labs.catalogue.Topic;
import lyceum.studio.cli.Terminal.Style;

/** A run's result as text, and as the JSON of {@code lyceum run --json}. */
record RunText(Terminal terminal) {

    /** {@code {slug, seed, params, seconds, checks: [{name, clause, value, expected, holds, verdict}], figures, tables}} on one line. */
    static String json(LabResult result) {
        var object = new LinkedHashMap<String, Object>();
        object.put("slug", result.slug());
        object.put("seed", result.seed());
        object.put("params", result.params());
        object.put("seconds", result.seconds());
        object.put("checks", result.checks().stream().map(RunText::check).toList());
        object.put("figures", result.figures());
        object.put("tables", result.tables());
        return LabJson.write(object);
    }

    private static Map<String, Object> check(CheckResult check) {
        var object = new LinkedHashMap<String, Object>();
        object.put("name", check.name());
        object.put("clause", check.clause());
        object.put("value", check.value());
        object.put("expected", check.expected());
        object.put("holds", check.judged() ? check.holds() : null);
        object.put("verdict", check.verdict());
        return object;
    }

    /** Prints title and parameters, what the lab showed in its order, then the checks and how many hold. */
    void print(Topic topic, LabResult result, Set<String> given, List<LabEvent> events) {
        head(topic, result);
        for (int i = 0; i < events.size(); i++) {
            switch (events.get(i)) {
                case LabEvent.Said said -> sentence(said.text(), i + 1 < events.size() && events.get(i + 1) instanceof LabEvent.Said);
                case LabEvent.Table table -> table(table.table());
                case LabEvent.Figure figure -> {
                    FigureText.lines(figure.figure().figure(), terminal, terminal.columns() - 2)
                            .forEach(l -> terminal.out().println("  " + l));
                    terminal.out().println();
                }
                case LabEvent.Image image -> sentence("[" + image.image().title() + ", " + image.image().width() + " x "
                        + image.image().height() + ": " + image.image().description() + "]", false);
                default -> {}
            }
        }
        if (!result.checks().isEmpty()) {
            checks(topic, result.checks());
            terminal.out().println();
        }
        foot(result, given);
    }

    private void head(Topic topic, LabResult result) {
        var facts = new ArrayList<String>();
        result.params().forEach((name, value) -> facts.add(name + " " + value(value)));
        facts.add("seed " + result.seed());
        facts.add(seconds(result.seconds()));
        String title = topic.title() + ": " + result.title();
        String right = String.join(" · ", facts);
        int gap = terminal.columns() - TextWidth.of(title) - TextWidth.of(right);
        if (gap >= 2) {
            terminal.out().println(terminal.styled(Style.BOLD, title) + " ".repeat(gap) + terminal.styled(Style.QUIET, right));
        } else {
            TextWidth.wrap(title, terminal.columns()).forEach(l -> terminal.out().println(terminal.styled(Style.BOLD, l)));
            TextWidth.wrap(right, terminal.columns()).forEach(l -> terminal.out().println(terminal.styled(Style.QUIET, l)));
        }
        terminal.out().println();
    }

    private void sentence(String text, boolean more) {
        TextWidth.wrap(text, terminal.measure() - 2).forEach(l -> terminal.out().println("  " + l));
        if (!more) {
            terminal.out().println();
        }
    }

    private void table(LabTable table) {
        terminal.out().println("  " + terminal.styled(Style.BOLD, table.title()));
        var rows = new ArrayList<List<String>>();
        rows.add(table.columns());
        table.rows().forEach(r -> rows.add(r.stream().map(RunText::value).toList()));
        TextTable.of(rows).lines(terminal, terminal.columns() - 2).forEach(l -> terminal.out().println("  " + l));
        terminal.out().println();
    }

    private void checks(Topic topic, List<CheckResult> checks) {
        int names = checks.stream().mapToInt(c -> TextWidth.of(label(topic, c))).max().orElse(0);
        int values = checks.stream().mapToInt(c -> value(c.value()).length()).max().orElse(0);
        int bounds = checks.stream().mapToInt(c -> TextWidth.of(c.expected())).max().orElse(0);
        int verdicts = checks.stream().mapToInt(c -> c.verdict().words().length()).max().orElse(0);
        int fixed = 2 + 4 + 2 + values + 2 + bounds + 2 + verdicts;
        int name = Math.max(20, Math.min(names, terminal.columns() - fixed));
        for (var check : checks) {
            var lines = TextWidth.wrap(label(topic, check), name);
            String clause = check.clause() > 0 ? String.valueOf(check.clause()) : "";
            terminal.out()
                    .println("  " + TextWidth.pad(clause, 4) + TextWidth.pad(lines.getFirst(), name) + "  "
                            + " ".repeat(values - value(check.value()).length()) + value(check.value()) + "  "
                            + TextWidth.pad(check.expected(), bounds) + "  " + verdict(check));
            lines.stream().skip(1).forEach(l -> terminal.out().println("      " + l));
        }
    }

    private String verdict(CheckResult check) {
        var words = check.verdict().words();
        return check.judged() ? terminal.styled(check.holds() ? Style.HOLDS : Style.FAILS, words) : words;
    }

    /** The check's name; with its topic where that is another one than the run's. */
    private static String label(Topic topic, CheckResult check) {
        return check.topic().equals(topic.slug()) || check.topic().isEmpty() ? check.name() : check.topic() + ": " + check.name();
    }

    private void foot(LabResult result, Set<String> given) {
        long hold = result.checks().stream().filter(CheckResult::holds).count();
        String query = result.params().entrySet().stream().filter(e -> given.contains(e.getKey()))
                .map(e -> e.getKey() + "=" + value(e.getValue())).collect(Collectors.joining("&"));
        if (result.seed() != 1) {
            query += (query.isEmpty() ? "" : "&") + "seed=" + result.seed();
        }
        long judged = result.checks().stream().filter(CheckResult::judged).count(), others = result.checks().size() - judged;
        String verdict = result.checks().isEmpty() ? "Nothing was checked."
                : hold + " of " + judged + (judged == 1 ? " check holds." : " checks hold.");
        if (others > 0) {
            verdict += " " + others + (others == 1 ? " belongs" : " belong") + " to the default parameters.";
        }
        terminal.out().println(verdict + " In the browser: lyceum studio, then /t/" + result.slug() + (query.isEmpty() ? "" : "?" + query));
    }

    private static String seconds(double seconds) { return String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds); }

    /** A parameter, a cell or a checked number as people read it. */
    static String value(Object value) {
        return switch (value) {
            case Double d -> NumberText.of(d);
            case Float f -> NumberText.of(f);
            default -> String.valueOf(value);
        };
    }
}
