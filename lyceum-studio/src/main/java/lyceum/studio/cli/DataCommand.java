package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import lyceum.data.version.Commit;
import lyceum.data.version.DatasetStore;
import lyceum.data.version.RowDiff;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code lyceum data}: versions of data sets under the hash of their rows. */
@Command(name = "data", description = "Keep versions of data sets: what changed, when, and what a model learned from.",
        subcommands = {DataCommand.Add.class, DataCommand.Log.class, DataCommand.Diff.class, DataCommand.Get.class, DataCommand.Tag.class,
                DataCommand.Link.class, DataCommand.Of.class, DataCommand.Verify.class},
        synopsisSubcommandLabel = "add|log|diff|get|tag|link|of|verify",
        footer = {"", "Examples:", "  lyceum data add customers.csv -m \"as delivered\"", "  lyceum data log",
                "  lyceum data diff main~1 main", "  lyceum data get main~1 before.csv", "",
                "A version is a branch, a tag, the first digits of its id, or branch~N for N before it.",
                "--store DIR names the store; data-store by default."})
final class DataCommand implements Callable<Integer> {
    private static final int SHORT = 12, LISTED = 20, LEAST_DIGITS = 4;

    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Option(names = "--store", paramLabel = "DIR", defaultValue = "data-store", scope = ScopeType.INHERIT,
            description = "The folder of the versions; data-store by default.")
    private Path store;

    @Override public Integer call() {
        throw new ParameterException(spec.commandLine(), "data: choose one of add, log, diff, get, tag, link, of or verify");
    }

    private DatasetStore opened() throws IOException {
        if (!Files.isDirectory(store)) throw new IOException("there is no store " + store + "; lyceum data add makes one");
        return DatasetStore.open(store);
    }

    private static String brief(String id) { return id.substring(0, SHORT); }

    /** A commit by branch, tag, the beginning of its id or of its data's, or so many before one of these. */
    private static Commit version(DatasetStore store, String name) throws IOException {
        int mark = name.lastIndexOf('~');
        if (mark > 0 && name.substring(mark + 1).matches("\\d{1,6}")) {
            var commit = version(store, name.substring(0, mark));
            for (int i = Integer.parseInt(name.substring(mark + 1)); i > 0; i--) {
                if (commit.parents().isEmpty())
                    throw new IOException(name + ": there are fewer versions before " + name.substring(0, mark));
                commit = store.commit(commit.parents().getFirst());
            }
            return commit;
        }
        if (store.branches().containsKey(name) || store.tags().containsKey(name)) return store.commit(name);
        var found = new ArrayList<Commit>();
        for (var commit : all(store))
            if (name.length() >= LEAST_DIGITS && (commit.id().startsWith(name) || commit.dataset().startsWith(name))) found.add(commit);
        if (found.stream().map(Commit::dataset).distinct().count() > 1)
            throw new IOException(name + ": more than one version begins with this");
        if (found.isEmpty()) throw new IOException(
                "there is no version " + name + "; branches are " + store.branches().keySet() + ", tags " + store.tags().keySet());
        return found.getFirst();
    }

    private static List<Commit> all(DatasetStore store) {
        var heads = new TreeSet<>(store.branches().values());
        heads.addAll(store.tags().values());
        var all = new LinkedHashSet<Commit>();
        heads.stream().map(store::log).sorted(Comparator.comparingInt(log -> -log.size())).forEach(all::addAll); // what is after comes first
        return List.copyOf(all);
    }

    /** Takes a file in. */
    @Command(name = "add", description = "Store a file as the next version of a branch.")
    static final class Add implements Callable<Integer> {
        @ParentCommand private DataCommand parent;

        @Parameters(paramLabel = "FILE", description = "Any file, line by line.")
        private Path file;

        @Option(names = "--branch", paramLabel = "NAME", defaultValue = "main", description = "main by default.")
        private String branch;

        @Option(names = {"-m", "--message"}, paramLabel = "TEXT",
                description = "What changed; the file's name by default.")
        private String message;

        @Override public Integer call() throws IOException {
            var store = DatasetStore.open(parent.store.toAbsolutePath());
            var dataset = store.putFile(FitCommand.existing(file));
            var out = parent.lyceum.terminal().out();
            var head = store.branches().get(branch);
            if (head != null && store.commit(head).dataset().equals(dataset)) {
                out.println("Nothing changed: " + branch + " is at " + brief(dataset));
                return LyceumCommand.DONE;
            }
            var name = file.getFileName().toString();
            var commit = store.commit(branch, dataset, message == null ? name : message,
                    Map.of("file", name, "time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()), List.of());
            out.printf("%s  %s, %,d lines, data %s%n", brief(commit.id()), branch, store.size(dataset), brief(dataset));
            return LyceumCommand.DONE;
        }
    }

    /** What there is. */
    @Command(name = "log", description = "List the versions, latest first.")
    static final class Log implements Callable<Integer> {
        @ParentCommand private DataCommand parent;

        @Parameters(paramLabel = "VERSION", arity = "0..1",
                description = "Start here; by default at all branches and tags.")
        private String from;

        @Override public Integer call() throws IOException {
            var store = parent.opened();
            var terminal = parent.lyceum.terminal();
            var rows = new ArrayList<List<String>>(List.of(List.of("version", "time", "lines", "data", "name", "message")));
            for (var commit : from == null ? all(store) : store.log(version(store, from).id())) {
                var names = new ArrayList<String>();
                store.branches().forEach((name, at) -> { if (at.equals(commit.id())) names.add(name); });
                store.tags().forEach((name, at) -> { if (at.equals(commit.id())) names.add(name); });
                rows.add(List.of(brief(commit.id()), commit.metadata().getOrDefault("time", ""),
                        String.valueOf(store.size(commit.dataset())), brief(commit.dataset()), String.join(" ", names), commit.message()));
            }
            TextTable.of(rows).lines(terminal, terminal.columns()).forEach(terminal.out()::println);
            return LyceumCommand.DONE;
        }
    }

    /** What changed. */
    @Command(name = "diff", description = "List the lines that only one of two versions contains.")
    static final class Diff implements Callable<Integer> {
        @ParentCommand private DataCommand parent;

        @Parameters(index = "0", paramLabel = "BEFORE", description = "A version.")
        private String before;

        @Parameters(index = "1", paramLabel = "AFTER", description = "Another.")
        private String after;

        @Option(names = "--all", description = "List all lines, not just the first " + LISTED + ".") private boolean all;

        @Override public Integer call() throws IOException {
            var store = parent.opened();
            var diff = store.diff(version(store, before).dataset(), version(store, after).dataset());
            list("-", diff.removed());
            list("+", diff.added());
            parent.lyceum.terminal().out().printf("%,d lines removed, %,d added%n", diff.removed().size(), diff.added().size());
            return LyceumCommand.DONE;
        }

        private void list(String sign, List<RowDiff.Row> rows) {
            var out = parent.lyceum.terminal().out();
            rows.stream().limit(all ? Long.MAX_VALUE : LISTED)
                    .forEach(row -> out.println(sign + " " + (row.number() + 1) + ": " + row.text().stripTrailing()));
            if (!all && rows.size() > LISTED) out.println(sign + " and " + (rows.size() - LISTED) + " more; --all lists them");
        }
    }

    /** Gives a version back. */
    @Command(name = "get", description = "Write a version's file, byte for byte as it was added.")
    static final class Get implements Callable<Integer> {
        @ParentCommand private DataCommand parent;

        @Parameters(index = "0", paramLabel = "VERSION", description = "Which.")
        private String version;

        @Parameters(index = "1", paramLabel = "FILE", description = "Where to; a file of that name is replaced.")
        private Path file;

        @Override public Integer call() throws IOException {
            var store = parent.opened();
            var dataset = version(store, version).dataset();
            store.writeFile(dataset, file);
            parent.lyceum.terminal().out().printf("%,d lines in %s%n", store.size(dataset), file);
            return LyceumCommand.DONE;
        }
    }

    /** Names a version for good. */
    @Command(name = "tag", description = "Give a version a permanent name.")
    static final class Tag implements Callable<Integer> {
        @ParentCommand private DataCommand parent;

        @Parameters(index = "0", paramLabel = "NAME", description = "Letters, digits, '.', '_' and '-'.")
        private String name;

        @Parameters(index = "1", paramLabel = "VERSION", defaultValue = "main",
                description = "Which; main by default.")
        private String version;

        @Override public Integer call() throws IOException {
            var store = parent.opened();
            var commit = version(store, version);
            store.tag(name, commit.id());
            parent.lyceum.terminal().out().println(name + " is " + brief(commit.id()));
            return LyceumCommand.DONE;
        }
    }

    /** Remembers what a model learned from. */
    @Command(name = "link", description = "Remember which version a model was trained on.")
    static final class Link implements Callable<Integer> {
        @ParentCommand private DataCommand parent;

        @Parameters(index = "0", paramLabel = "MODEL", description = "A name for the model.")
        private String model;

        @Parameters(index = "1", paramLabel = "VERSION", arity = "1..*",
                description = "What it was trained on.")
        private List<String> versions;

        @Override public Integer call() throws IOException {
            var store = parent.opened();
            var datasets = new ArrayList<String>();
            for (var version : versions) datasets.add(version(store, version).dataset());
            store.lineage().linkModel(model, datasets);
            parent.lyceum.terminal().out()
                    .println(model + " was trained on " + String.join(", ", datasets.stream().map(DataCommand::brief).toList()));
            return LyceumCommand.DONE;
        }
    }

    /** Says what a model learned from. */
    @Command(name = "of", description = "Show what a model was trained on, and where that came from.")
    static final class Of implements Callable<Integer> {
        @ParentCommand private DataCommand parent;

        @Parameters(paramLabel = "MODEL", description = "A name that was linked.")
        private String model;

        @Override public Integer call() throws IOException {
            var store = parent.opened();
            var out = parent.lyceum.terminal().out();
            var commits = all(store);
            for (var dataset : store.lineage().dataOf(model)) {
                var messages = commits.stream().filter(c -> c.dataset().equals(dataset)).map(Commit::message).distinct().toList();
                out.printf("%s  %,d lines  %s%n", brief(dataset), store.size(dataset), String.join("; ", messages));
                for (var step : store.lineage().steps(dataset))
                    out.println("  made by " + step.transform() + " " + step.parameters() + " of "
                            + String.join(", ", step.inputs().stream().map(DataCommand::brief).toList()));
            }
            return LyceumCommand.DONE;
        }
    }

    /** Reads everything. */
    @Command(name = "verify", description = "Check everything in the store against its hash.")
    static final class Verify implements Callable<Integer> {
        @ParentCommand private DataCommand parent;

        @Override public Integer call() throws IOException {
            var store = parent.opened();
            var damaged = store.verify();
            damaged.forEach(id -> parent.lyceum.terminal().out().println("damaged: " + id));
            if (!damaged.isEmpty()) return LyceumCommand.FAILED;
            parent.lyceum.terminal().out().printf("All is whole: %,d bytes%n", store.storedBytes());
            return LyceumCommand.DONE;
        }
    }
}
