package lyceum.studio.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Function;
import lyceum.labs.run.LabJson;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Status;
import lyceum.labs.catalogue.Topic;
import lyceum.studio.cli.Terminal.Style;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code lyceum topics}: search and filter the encyclopedia. */
@Command(name = "topics", description = "Search the encyclopedia, or list it by area.",
        footer = {"", "Filters take several values: --level beginner,practitioner", "Examples:", "  lyceum topics \"low rank adap\"",
                "  lyceum topics \"make a huge network cheaper to adapt\"", "  lyceum topics --status works --area optimisation"})
final class TopicsCommand implements Callable<Integer> {

    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Parameters(arity = "0..*", paramLabel = "QUERY",
            description = "Words, an abbreviation, half a name, or what it does in a sentence; typos are forgiven.")
    private List<String> query = List
                    .of();

    @Option(names = "--area", split = ",", paramLabel = "AREA",
            description = "Such as Optimisation.")
    private List<String> areas = List.of();

    @Option(names = "--kind", split = ",", paramLabel = "KIND",
            description = "Such as algorithm, concept, metric.")
    private List<String> kinds = List.of();

    @Option(names = "--module", split = ",", paramLabel = "MODULE",
            description = "Such as learn, nn, llm.")
    private List<String> modules = List.of();

    @Option(names = "--level", split = ",", paramLabel = "LEVEL",
            description = "beginner, practitioner, researcher.")
    private List<String> levels = List.of();

    @Option(names = "--status", split = ",", paramLabel = "STATUS",
            description = "works, partial, planned.")
    private List<String> statuses = List.of();

    @Option(names = {"-n", "--limit"}, paramLabel = "N", defaultValue = "10",
            description = "How many results to show, 10 by default; 0 shows all.") private int limit;

    @Option(names = "--json", description = "Print all matches as a JSON array.") private boolean json;

    @Override public Integer call() {
        if (limit < 0) throw new ParameterException(spec.commandLine(), "--limit is " + limit + "; it is 0 or more");
        var terminal = lyceum.terminal();
        String words = String.join(" ", query).strip();
        if (!words.isEmpty())
            lyceum.encyclopedia().wordsAlone(words).ifPresent(why -> terminal.err().println("Found by words alone: " + why + "."));
        var found = filtered(words.isEmpty() ? lyceum.encyclopedia().catalogue().topics() : lyceum.encyclopedia().search(words));
        if (json) {
            terminal.out().println(json(lyceum.encyclopedia(), found));
        } else if (found.isEmpty()) {
            nothing(terminal, words);
        } else if (words.isEmpty()) {
            byArea(terminal, found);
        } else {
            ranked(terminal, words, found);
        }
        return 0;
    }

    /** The topics as a JSON array: number, title, slug, kind, area, module, level, status, how many clauses are amended, words of its article, summary. */
    static String json(Encyclopedia encyclopedia, List<Topic> topics) {
        var rows = new ArrayList<LinkedHashMap<String, Object>>();
        for (var topic : topics) {
            var row = new LinkedHashMap<String, Object>();
            row.put("number", topic.number());
            row.put("title", topic.title());
            row.put("slug", topic.slug());
            row.put("kind", topic.kind());
            row.put("area", topic.area());
            row.put("module", topic.module());
            row.put("level", topic.level());
            row.put("status", encyclopedia.status(topic).word());
            row.put("amended", encyclopedia.state(topic).amended().size());
            row.put("words", encyclopedia.article(topic).map(Article::words).orElse(0));
            row.put("summary", topic.summary());
            rows.add(row);
        }
        return LabJson.write(rows);
    }

    private List<Topic> filtered(List<Topic> topics) {
        var all = lyceum.encyclopedia().catalogue().topics();
        var inAreas = wanted("--area", areas, all, Topic::area);
        var ofKinds = wanted("--kind", kinds, all, Topic::kind);
        var inModules = wanted("--module", modules.stream().map(m -> m.replaceFirst("^lyceum-", "")).toList(), all, Topic::module);
        var atLevels = wanted("--level", levels, all, Topic::level);
        var words = new TreeSet<String>();
        for (var status : Status.values()) {
            words.add(status.word());
        }
        var withStatus = chosen("--status", statuses, words);
        return topics.stream().filter(t -> inAreas.isEmpty() || inAreas.contains(t.area()))
                .filter(t -> ofKinds.isEmpty() || ofKinds.contains(t.kind()))
                .filter(t -> inModules.isEmpty() || inModules.contains(t.module()))
                .filter(t -> atLevels.isEmpty() || atLevels.contains(t.level()))
                .filter(t -> withStatus.isEmpty() || withStatus.contains(lyceum.encyclopedia().status(t).word())).toList();
    }

    private Set<String> wanted(String option, List<String> given, List<Topic> all, Function<Topic, String> field) {
        if (given.isEmpty()) return Set.of();
        var known = new TreeSet<String>();
        all.forEach(t -> known.add(field.apply(t)));
        return chosen(option, given, known);
    }

    /** A value counts by its whole name or its beginning, in any case; anything else is an error that lists what there is. */
    private Set<String> chosen(String option, List<String> given, Set<String> known) {
        var chosen = new LinkedHashSet<String>();
        for (var value : given) {
            String begin = value.strip().toLowerCase(Locale.ROOT);
            var equal = known.stream().filter(k -> k.toLowerCase(Locale.ROOT).equals(begin)).toList();
            var alike = equal.isEmpty() && !begin.isEmpty()
                    ? known.stream().filter(k -> k.toLowerCase(Locale.ROOT).startsWith(begin)).toList() : equal;
            if (alike.isEmpty()) {
                throw new ParameterException(spec.commandLine(), option + " is '" + value + "'; it is one of " + String.join(", ", known));
            }
            chosen.addAll(alike);
        }
        return chosen;
    }

    private void nothing(Terminal terminal, String words) {
        terminal.out()
                .println(words.isEmpty() ? "No topic matches these filters." : "No topic matches \"" + words + "\" with these filters.");
        if (!words.isEmpty()) {
            terminal.out().println("Nearest names: " + String.join(", ", lyceum.encyclopedia().catalogue().nearest(words, 3)));
        }
    }

    private void ranked(Terminal terminal, String words, List<Topic> found) {
        int shown = limit == 0 ? found.size() : Math.min(limit, found.size());
        int slugs = found.subList(0, shown).stream().mapToInt(t -> t.slug().length()).max().orElse(0);
        for (var topic : found.subList(0, shown)) {
            terminal.out().println(row(terminal, topic, slugs, 0));
            TextWidth.wrap(topic.area() + ". " + topic.summary(), terminal.measure() - 4)
                    .forEach(l -> terminal.out().println("    " + terminal.styled(Style.QUIET, l)));
        }
        terminal.out().println();
        TextWidth.wrap(shown + " of " + found.size() + " for \"" + words + "\"" + (shown < found.size() ? "; -n 0 shows all" : "")
                + ". Read one: lyceum topic " + found.getFirst().slug(), terminal.columns()).forEach(terminal.out()::println);
    }

    private void byArea(Terminal terminal, List<Topic> found) {
        var groups = new TreeMap<String, List<Topic>>();
        found.forEach(t -> groups.computeIfAbsent(t.area(), a -> new ArrayList<>()).add(t));
        groups.forEach((area, topics) -> {
            terminal.out().println(terminal.styled(Style.BOLD, area) + terminal.styled(Style.QUIET, "  " + topics.size()));
            int slugs = Math.min(34, topics.stream().mapToInt(t -> t.slug().length()).max().orElse(0));
            topics.forEach(t -> terminal.out().println("  " + row(terminal, t, slugs, 2)));
            terminal.out().println();
        });
        terminal.out().println(found.size() + (found.size() == 1 ? " topic" : " topics"));
    }

    private String row(Terminal terminal, Topic topic, int slugWidth, int indent) {
        return StatusText.row(terminal, lyceum.encyclopedia().status(topic), topic.slug(), slugWidth, topic.title(), indent);
    }
}
