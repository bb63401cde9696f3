package lyceum.studio.cli;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lyceum.labs.catalogue.Status;
import lyceum.labs.catalogue.Topic;
import lyceum.labs.catalogue.TopicStatus;
import lyceum.studio.cli.Terminal.Style;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum topic}: an article in the terminal. */
@Command(name = "topic", description = "Read an article in the terminal.", footer = {"", "Example:", "  lyceum topic k-means", "",
        "In a clone, ./lyceum topic new SLUG starts one: its test, lab, golden script and front matter."})
final class TopicCommand implements Callable<Integer> {

    @ParentCommand private LyceumCommand lyceum;

    @Parameters(paramLabel = "SLUG", completionCandidates = Slugs.class, description = "The topic, such as k-means.")
    private String slug;

    @Override public Integer call() {
        var topic = lyceum.encyclopedia().catalogue().bySlug(slug);
        var terminal = lyceum.terminal();
        head(terminal, topic);
        lyceum.encyclopedia().article(topic).ifPresentOrElse(
                article -> ArticleText.lines(article.markdown(), terminal).forEach(terminal.out()::println),
                () -> terminal.out().println("The article is not written yet."));
        terminal.out().println();
        facts(terminal, topic);
        return 0;
    }

    private void head(Terminal terminal, Topic topic) {
        terminal.out().println();
        styled(terminal, Style.BOLD, topic.title());
        var place = topic.area() + " · " + topic.kind() + " · " + topic.level() + " · #" + topic.number();
        var state = lyceum.encyclopedia().state(topic);
        var status = StatusText.dotAndWords(terminal, state);
        if (TextWidth.of(place) + 5 + TextWidth.of(state.words()) <= terminal.measure()) {
            terminal.out().println(terminal.styled(Style.QUIET, place + " · ") + status);
        } else {
            styled(terminal, Style.QUIET, place);
            terminal.out().println(status);
        }
        terminal.out().println();
        styled(terminal, Style.ITALIC, topic.summary());
        terminal.out().println();
    }

    /** A text in lines of the measure. */
    private static void styled(Terminal terminal, Style style, String text) {
        TextWidth.wrap(text, terminal.measure()).forEach(line -> terminal.out().println(terminal.styled(style, line)));
    }

    private void facts(Terminal terminal, Topic topic) {
        var catalogue = lyceum.encyclopedia().catalogue();
        var state = lyceum.encyclopedia().state(topic);
        var article = lyceum.encyclopedia().article(topic);
        article.ifPresent(a -> fact(terminal, "links", withStatus(a.links())));
        article.ifPresent(a -> a.sources().forEach(s -> fact(terminal, s.equals(a.sources().getFirst()) ? "sources" : "", s)));
        article.filter(a -> !a.api().isBlank()).ifPresent(a -> fact(terminal, "API", a.api()));
        fact(terminal, "module", "lyceum-" + topic.module());
        fact(terminal, "read first", withStatus(topic.needs()));
        fact(terminal, "then", withStatus(catalogue.neededBy(topic.slug()).stream().limit(8).map(Topic::slug).toList()));
        fact(terminal, "near", withStatus(topic.related()));
        clauses(terminal, state);
        article.filter(a -> !a.remarks().isEmpty()).ifPresent(a -> {
            terminal.out().println();
            styled(terminal, Style.PLAIN, "Remark. " + a.remarks());
        });
        if (article.flatMap(a -> a.lab()).isPresent()) {
            terminal.out().println();
            var command = "lyceum run " + topic.slug();
            terminal.out().println("Run it:" + (command.length() + 8 <= terminal.columns() ? " " : "\n") + command);
        }
    }

    /** Every clause of a topic that does not work yet; of one that works the amended ones, both texts of each. */
    private static void clauses(Terminal terminal, TopicStatus state) {
        boolean works = state.status() == Status.WORKS;
        if (works && state.amended().isEmpty()) return;
        terminal.out().println();
        styled(terminal, Style.PLAIN, works ? "It works with " + state.amendedWords() + ":" : state.status() == Status.PLANNED
                ? "Not running yet. It counts as working when:" : "Partial (" + state.left() + "). It counts as working when:");
        for (int number = 1; number <= state.topic().clauses().size(); number++) {
            var amendment = state.amendment(number);
            if (!works || amendment.isPresent()) {
                hanging(terminal, String.format(Locale.ROOT, "%3d  ", number), state.topic().clause(number));
                amendment.ifPresent(a -> {
                    hanging(terminal, "     ", "Holds instead: " + a.text());
                    hanging(terminal, "     ", "Why: " + a.reason());
                });
            }
        }
    }

    /** A text behind a mark of five characters; its further lines are indented by as many. */
    private static void hanging(Terminal terminal, String mark, String text) {
        var lines = TextWidth.wrap(text, terminal.measure() - mark.length());
        for (int l = 0; l < lines.size(); l++) {
            terminal.out().println((l == 0 ? mark : " ".repeat(mark.length())) + lines.get(l));
        }
    }

    private String withStatus(List<String> slugs) {
        return slugs.stream().map(s -> lyceum.encyclopedia().catalogue().find(s)
                .map(t -> StatusText.dot(lyceum.encyclopedia().status(t)) + " " + s).orElse(s)).collect(Collectors.joining(", "));
    }

    /** A name and what it has, beside it; on a narrow terminal below it. */
    private static void fact(Terminal terminal, String name, String value) {
        if (value.isBlank()) return;
        boolean below = terminal.columns() < StatusText.NARROW;
        int indent = below ? 4 : 12;
        if (below && !name.isEmpty()) terminal.out().println(terminal.styled(Style.QUIET, name));
        var lines = TextWidth.wrap(value.replace("● ", "●\u00a0").replace("◐ ", "◐\u00a0").replace("○ ", "○\u00a0"),
                terminal.measure() - indent);
        for (int i = 0; i < lines.size(); i++) {
            var before = TextWidth.pad(i == 0 && !below ? name : "", indent);
            terminal.out().println(terminal.styled(Style.QUIET, before) + lines.get(i).replace('\u00a0', ' '));
        }
    }
}
