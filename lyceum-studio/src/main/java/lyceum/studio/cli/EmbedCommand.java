package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import lyceum.data.corpus.Document;
import lyceum.format.Safetensors;
import lyceum.tensor.Tensor;
import lyceum.text.encoder.SentenceEncoder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum embed}: texts to vectors of their meaning. */
@Command(name = "embed", description = "Turn texts into vectors of their meaning, one per text.",
        footer = {"", "Example:", "  lyceum embed questions.jsonl --out vectors.safetensors"})
final class EmbedCommand implements Callable<Integer> {
    private static final int BATCH = 64;

    @ParentCommand private LyceumCommand lyceum;

    @Parameters(paramLabel = "FILE", arity = "1..*",
            description = "Texts: files (each line of .jsonl is one), or folders of .txt, .md and .jsonl.")
    private List<Path> files;

    @Option(names = "--encoder", paramLabel = "DIR",
            description = "A sentence encoder's folder; the bundled all-MiniLM-L6-v2 by default.")
    private Path encoder;

    @Option(names = "--out", paramLabel = "FILE", required = true,
            description = "A safetensors file with \"vectors\" (texts, dimensions), unit length; ids and texts' hashes stand in its metadata.")
    private Path out;

    @Override public Integer call() throws IOException {
        var documents = Documents.all(files);
        var read = encoder(encoder);
        var vectors = new float[Math.multiplyExact(documents.size(), read.dimension())];
        try (var line = new ProgressLine(lyceum.terminal(), System::nanoTime)) {
            for (int from = 0; from < documents.size(); from += BATCH) {
                int to = Math.min(documents.size(), from + BATCH);
                var part = read.encode(documents.subList(from, to).stream().map(Document::text).toList()).toFloatArray();
                System.arraycopy(part, 0, vectors, from * read.dimension(), part.length);
                line.show("embedding", to, documents.size(), -1);
            }
        }
        var tensors = new LinkedHashMap<String, Tensor>();
        tensors.put("vectors", Tensor.of(vectors, documents.size(), read.dimension()));
        Safetensors.write(out, tensors, Map.of("ids", String.join("\n", documents.stream().map(Document::id).toList()), "hashes",
                String.join("\n", documents.stream().map(Document::hash).toList())));
        lyceum.terminal().out().println(documents.size() + " vectors of " + read.dimension() + " numbers. Written: " + out);
        return LyceumCommand.DONE;
    }

    /** That of a folder, or the one that comes along. */
    static SentenceEncoder encoder(Path folder) throws IOException {
        return folder == null ? SentenceEncoder.miniLm() : SentenceEncoder.read(folder);
    }
}
