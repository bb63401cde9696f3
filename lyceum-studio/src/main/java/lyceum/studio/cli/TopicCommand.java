package lyceum.studio.cli;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lyceum.labs.catalogue.Status;
import lyceum.labs.catalogue.Topic;
import lyceum.studio.cli.Terminal.Style;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum topic}: an article in the terminal. */
@Command(name = "topic", description = "Read an article in the terminal.", footer = {"", "Example:", "  lyceum topic k-means", "", "In a clone, ./lyceum topic new SLUG starts one: its test, lab, golden script and front matter."})
final class TopicCommand implements Callable<Integer> {

    @ParentCommand
    private LyceumCommand lyceum;

    @Parameters(paramLabel = "SLUG", completionCandidates = Slugs.class, description = "The topic, such as k-means.")
    private String slug;

    @Override
    public Integer call() {
        var topic = lyceum.encyclopedia().catalogue().bySlug(slug);
        var terminal = lyceum.terminal();
        head(terminal, topic);
        lyceum.encyclopedia().article(topic).ifPresentOrElse(
                article -> ArticleText.lines(article.markdown(), terminal).forEach(terminal.out()::println),
                () -> terminal.out().println("The article is still to come."));
        terminal.out().println();
        facts(terminal, topic);
        return 0;
    }

    private void head(Terminal terminal, Topic topic) {
        var status = lyceum.encyclopedia().status(topic);
        terminal.out().println();
        terminal.out().println(terminal.styled(Style.BOLD, topic.title()));
        terminal.out().println(terminal.styled(Style.QUIET, topic.area() + " · " + topic.kind() + " · " + topic.level() + " · #" + topic.number() + " · ")
                + StatusText.dotAndWord(terminal, status).stripTrailing());
        terminal.out().println();
        TextWidth.wrap(topic.summary(), terminal.measure()).forEach(l -> terminal.out().println(terminal.styled(Style.ITALIC, l)));
        terminal.out().println();
    }

    private void facts(Terminal terminal, Topic topic) {
        var catalogue = lyceum.encyclopedia().catalogue();
        var status = lyceum.encyclopedia().status(topic);
        var article = lyceum.encyclopedia().article(topic);
        article.filter(a -> !a.api().isBlank()).ifPresent(a -> fact(terminal, "API", a.api()));
        fact(terminal, "module", "lyceum-" + topic.module());
        fact(terminal, "read first", withStatus(topic.needs()));
        fact(terminal, "then", withStatus(catalogue.neededBy(topic.slug()).stream().limit(8).map(Topic::slug).toList()));
        fact(terminal, "near", withStatus(topic.related()));
        if (status != Status.WORKS) {
            terminal.out().println();
            String left = lyceum.encyclopedia().left(topic);
            terminal.out().println(status == Status.PLANNED ? "Not running yet. It counts as working when:" : "Partial (" + left + "). It counts as working when:");
            for (int i = 0; i < topic.clauses().size(); i++) {
                var lines = TextWidth.wrap(topic.clauses().get(i), terminal.measure() - 5);
                for (int l = 0; l < lines.size(); l++) {
                    terminal.out().println((l == 0 ? String.format(java.util.Locale.ROOT, "%3d  ", i + 1) : "     ") + lines.get(l));
                }
            }
        }
        if (article.flatMap(a -> a.lab()).isPresent()) {
            terminal.out().println();
            terminal.out().println("Run it: lyceum run " + topic.slug());
        }
    }

    private String withStatus(List<String> slugs) {
        return slugs.stream()
                .map(s -> lyceum.encyclopedia().catalogue().find(s).map(t -> StatusText.dot(lyceum.encyclopedia().status(t)) + " " + s).orElse(s))
                .collect(Collectors.joining(", "));
    }

    private static void fact(Terminal terminal, String name, String value) {
        if (value.isBlank()) {
            return;
        }
        var lines = TextWidth.wrap(value.replace("● ", "●\u00a0").replace("◐ ", "◐\u00a0").replace("○ ", "○\u00a0"), terminal.measure() - 12);
        for (int i = 0; i < lines.size(); i++) {
            terminal.out().println(terminal.styled(Style.QUIET, TextWidth.pad(i == 0 ? name : "", 12)) + lines.get(i).replace('\u00a0', ' '));
        }
    }
}
