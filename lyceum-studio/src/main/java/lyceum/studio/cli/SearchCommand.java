package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import lyceum.retrieval.SemanticSearch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code lyceum search}: an index of one's own documents, by words and by meaning. */
@Command(name = "search", description = "Index documents and find them by words and by meaning.", synopsisSubcommandLabel = "index|query",
        subcommands = {SearchCommand.Index.class, SearchCommand.Query.class})
final class SearchCommand implements Callable<Integer> {
    private static final int BATCH = 64, SHOWN = 160;

    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Override public Integer call() { throw new ParameterException(spec.commandLine(), "search: choose one of index or query"); }

    /** Writes an index. */
    @Command(name = "index", description = "Index documents.", footer = {"", "Example:", "  lyceum search index notes/ --out notes.index"})
    static final class Index implements Callable<Integer> {
        @ParentCommand private SearchCommand parent;

        @Parameters(paramLabel = "FILE", arity = "1..*",
                description = "Documents: files (each line of .jsonl is one), or folders of .txt, .md and .jsonl.")
        private List<Path> files;

        @Option(names = "--encoder", paramLabel = "DIR",
                description = "A sentence encoder's folder; all-MiniLM-L6-v2 by default.")
        private Path encoder;

        @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder to write the index to.")
        private Path out;

        @Override public Integer call() throws IOException {
            if (Files.exists(out) && !Files.isDirectory(out))
                throw new IOException("--out is " + out + ", which is a file; it must be a folder");
            var search = new SemanticSearch(EmbedCommand.encoder(encoder));
            var documents = Documents.all(files);
            var passages = new ArrayList<SemanticSearch.Passage>();
            var taken = new HashMap<String, Integer>();
            for (var document : documents) {
                if (document.text().isBlank()) continue;
                int times = taken.merge(document.id(), 1, Integer::sum);
                passages.add(new SemanticSearch.Passage(times == 1 ? document.id() : document.id() + "#" + times, 0, document.text(),
                        document.metadata()));
            }
            try (var line = new ProgressLine(parent.lyceum.terminal(), System::nanoTime)) {
                for (int from = 0; from < passages.size(); from += BATCH) {
                    search.addAll(passages.subList(from, Math.min(passages.size(), from + BATCH)));
                    line.show("indexing", Math.min(passages.size(), from + BATCH), passages.size(), -1);
                }
            }
            search.save(out);
            parent.lyceum.terminal().out()
                    .println(search.size() + " documents. Next: lyceum search query " + out + " \"what you look for\"");
            return LyceumCommand.DONE;
        }
    }

    /** Asks one. */
    @Command(name = "query", description = "Find documents in an index.",
            footer = {"", "Example:", "  lyceum search query notes.index \"how do I end my subscription\" --filter language=en"})
    static final class Query implements Callable<Integer> {
        @ParentCommand private SearchCommand parent;

        @Spec private CommandSpec spec;

        @Parameters(index = "0", paramLabel = "DB", description = "The folder that lyceum search index wrote.")
        private Path index;

        @Parameters(index = "1", paramLabel = "QUERY", description = "What to look for.")
        private String query;

        @Option(names = "--mode", paramLabel = "MODE", defaultValue = "hybrid",
                description = "hybrid (the default), bm25 (words) or dense (meaning).")
        private String mode;

        @Option(names = "--filter", paramLabel = "KEY=VALUE",
                description = "Only documents with this attribute; may be repeated.")
        private Map<String, String> filter = Map.of();

        @Option(names = "-k", paramLabel = "N", defaultValue = "5", description = "How many hits, 5 by default.") private int k;

        @Option(names = "--encoder", paramLabel = "DIR",
                description = "The encoder of the index; all-MiniLM-L6-v2 by default.")
        private Path encoder;

        @Option(names = "--explain",
                description = "Say why each hit is one: what its words give, and how near its meaning is.") private boolean explain;

        @Option(names = "--json", description = "Print one JSON object for each hit.") private boolean json;

        @Override public Integer call() throws IOException {
            if (query.isBlank()) throw new ParameterException(spec.commandLine(), "the query is blank");
            if (k < 1) throw new ParameterException(spec.commandLine(), "-k is " + k + "; it is at least 1");
            if (!Files.isDirectory(index)) throw new IOException("there is no index " + index + "; lyceum search index writes one");
            var search = SemanticSearch.open(index, EmbedCommand.encoder(encoder), new SemanticSearch.Options());
            var hits = search.search(query, k, mode(), p -> p.attributes().entrySet().containsAll(filter.entrySet()));
            var out = parent.lyceum.terminal().out();
            if (hits.isEmpty()) parent.lyceum.terminal().err().println("Nothing is found.");
            for (var hit : hits.subList(0, Math.min(k, hits.size()))) {
                var why = explain ? search.explain(query, hit.id()) : null;
                if (json) {
                    var said = JsonMapper.shared().createObjectNode().put("id", hit.id()).put("score", hit.score())
                            .put("start", hit.passage().start()).put("text", hit.passage().text());
                    if (why != null) {
                        var words = said.put("meaning", why.meaning()).put("covered", why.covered()).putObject("words");
                        why.words().forEach(word -> words.put(word.term(), word.score()));
                    }
                    out.println(said);
                    continue;
                }
                out.printf("%.3f  %s%n       %s%n", hit.score(), hit.id(), excerpt(hit.passage().text(), query));
                if (why != null) out.println("       " + told(why));
            }
            return LyceumCommand.DONE;
        }

        /** What meaning and words give, the words that give most first; a hybrid score is the sum of both. */
        private static String told(SemanticSearch.Explanation why) {
            var words = why.words().stream().sorted(Comparator.comparingDouble(word -> -word.score()))
                    .map(word -> String.format(Locale.ROOT, "%s %.2f", word.term(), word.score())).toList();
            return String.format(Locale.ROOT, "meaning %.3f, words %.3f of the query%s", why.meaning(), why.covered(),
                    words.isEmpty() ? "" : ": " + String.join(", ", words));
        }

        private SemanticSearch.Mode mode() {
            return switch (mode) {
                case "hybrid" -> SemanticSearch.Mode.FUSED;
                case "bm25" -> SemanticSearch.Mode.WORDS;
                case "dense" -> SemanticSearch.Mode.MEANING;
                default -> throw new ParameterException(spec.commandLine(), "--mode is " + mode + "; it is hybrid, bm25 or dense");
            };
        }
    }

    /** A stretch of a passage in one line, from shortly before the sentence that shares most words with the query. */
    static String excerpt(String passage, String query) {
        var text = passage.strip().replaceAll("\\s+", " ");
        if (text.length() <= SHOWN) return text;
        var wanted = new HashSet<>(List.of(query.toLowerCase(Locale.ROOT).split("\\W+")));
        int best = 0, most = -1;
        for (int at = 0; at >= 0 && at < text.length(); at = text.indexOf(". ", at) < 0 ? -1 : text.indexOf(". ", at) + 2) {
            var words = new HashSet<>(
                    List.of(text.substring(at, Math.min(text.length(), at + SHOWN)).toLowerCase(Locale.ROOT).split("\\W+")));
            words.retainAll(wanted);
            if (words.size() > most) {
                most = words.size();
                best = at;
            }
        }
        return (best > 0 ? "..." : "") + TextWidth.cut(text.substring(best), SHOWN);
    }
}
