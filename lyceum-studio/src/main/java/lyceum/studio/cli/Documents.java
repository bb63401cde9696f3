package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.CorpusReader;
import lyceum.data.corpus.Document;

/** Texts that a command is given: files and folders of them. */
final class Documents {
    private static final List<String> TEXT = List.of(".txt", ".md", ".text");

    private Documents() {}

    /**
     * The documents of files ({@code .jsonl}, {@code .csv}, {@code .parquet}; anything else is one text) and of folders (every {@code .txt}, {@code .md},
     * {@code .text} and {@code .jsonl} below them, in the order of their names).
     *
     * @throws IOException if there is no such file, or a folder has none
     */
    static Corpus of(List<Path> paths) throws IOException {
        var parts = new ArrayList<Corpus>();
        for (var path : paths) {
            if (!Files.exists(path)) throw new IOException("there is no file or folder " + path);
            if (!Files.isDirectory(path)) {
                parts.add(one(path));
                continue;
            }
            int before = parts.size();
            try (var files = Files.walk(path)) {
                files.filter(Files::isRegularFile).filter(f -> TEXT.contains(ending(f)) || ending(f).equals(".jsonl")).sorted()
                        .forEach(f -> parts.add(one(f)));
            }
            if (parts.size() == before)
                throw new IOException(path + " has no file that ends with " + String.join(", ", TEXT) + " or .jsonl");
        }
        return Corpus.concat(parts);
    }

    private static Corpus one(Path file) {
        var reader = new CorpusReader();
        return switch (ending(file)) {
            case ".jsonl" -> reader.jsonl(file);
            case ".csv" -> reader.csv(file);
            case ".parquet" -> reader.parquet(file);
            default -> reader.text(file);
        };
    }

    private static String ending(Path file) {
        var name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot);
    }

    /** All of them in memory. */
    static List<Document> all(List<Path> paths) throws IOException {
        var all = new ArrayList<Document>();
        try (var reader = of(paths).open()) {
            for (var document = reader.next(); document != null; document = reader.next()) all.add(document);
        }
        if (all.isEmpty()) throw new IOException(paths + ": there is no text");
        return all;
    }
}
