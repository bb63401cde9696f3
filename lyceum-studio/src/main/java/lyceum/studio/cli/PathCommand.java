package lyceum.studio.cli;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import lyceum.labs.catalogue.Topic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum path}: what to read, in order, to arrive at a topic. */
@Command(name = "path", description = "The reading order that leads to a topic.",
        footer = {"", "Example:", "  lyceum path multilayer-perceptron --know chain-rule,sigmoid"})
final class PathCommand implements Callable<Integer> {

    @ParentCommand private LyceumCommand lyceum;

    @Parameters(paramLabel = "SLUG", completionCandidates = Slugs.class, description = "The goal.")
    private String slug;

    @Option(names = "--know", split = ",", paramLabel = "SLUG", completionCandidates = Slugs.class,
            description = "Topics that you know: left out, with what only they need.")
    private List<String> known = List.of();

    @Option(names = "--json", description = "An array of topics in reading order.") private boolean json;

    @Override public Integer call() {
        var catalogue = lyceum.encyclopedia().catalogue();
        known.forEach(catalogue::bySlug);
        var path = catalogue.path(slug, new LinkedHashSet<>(known));
        var terminal = lyceum.terminal();
        if (json) {
            terminal.out().println(TopicsCommand.json(lyceum.encyclopedia(), path));
            return 0;
        }
        if (path.isEmpty()) {
            terminal.out().println("Nothing is left to read for " + slug + ".");
            return 0;
        }
        print(terminal, path);
        return 0;
    }

    private void print(Terminal terminal, List<Topic> path) {
        int slugs = path.stream().mapToInt(t -> t.slug().length()).max().orElse(0);
        int number = String.valueOf(path.size()).length();
        for (int i = 0; i < path.size(); i++) {
            var topic = path.get(i);
            String place = String.format(Locale.ROOT, "%" + number + "d", i + 1);
            terminal.out().println(place + "  "
                    + StatusText.row(terminal, lyceum.encyclopedia().status(topic), topic.slug(), slugs, topic.title(), number + 2));
        }
        terminal.out().println();
        TextWidth.wrap(path.size() + (path.size() == 1 ? " topic" : " topics") + ". Start with: lyceum topic " + path.getFirst().slug(),
                terminal.columns()).forEach(terminal.out()::println);
    }
}
