package lyceum.data.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import lyceum.LyceumException;
import lyceum.withers.Withers;

/**
 * Makes corpora of files: JSON lines, CSV, Parquet, plain text, mail. Each is read anew at every pass, a document at a time; a name that ends in
 * {@code .gz} is unpacked as it is read.
 *
 * {@snippet :
 * var skipped = new ArrayList<Malformed>();
 * var corpus = new CorpusReader().withDomain("web").withOnMalformed(skipped::add).jsonl(Path.of("part-00.jsonl.gz"));
 * }
 *
 * <p>Files are not trusted. A line, row or mail that is too long, no UTF-8, no JSON, or lacks its text goes to {@code onMalformed} with its number, and
 * reading goes on; the default throws a {@link lyceum.FormatException}. A packed file that is damaged or expands out of all proportion ends the pass.
 *
 * @param textField   the JSON field or column that is the text, {@code "text"} by default
 * @param idField     that of the id, {@code "id"} by default; where it is missing the id is the file's name and the line
 * @param domain      of documents that do not tell theirs, empty by default
 * @param licence     of documents that do not tell theirs, {@code "unknown"} by default
 * @param mostBytes   of a document, 16 MiB by default
 * @param onMalformed hears what could not be read; throws where that should end the pass
 */
@Withers
public record CorpusReader(String textField, String idField, String domain, String licence, int mostBytes, Consumer<Malformed> onMalformed)
        implements CorpusReaderWithers {
    private static final List<String> TEXT = List.of(".txt", ".md", ".text");

    /** Fields {@code text} and {@code id}; the first malformed line is an exception. */
    public CorpusReader() {
        this("text", "id", "", "unknown", 16 << 20, malformed -> {
            throw malformed.asException();
        });
    }

    public CorpusReader {
        Objects.requireNonNull(textField, "textField");
        Objects.requireNonNull(idField, "idField");
        Objects.requireNonNull(domain, "domain");
        Objects.requireNonNull(licence, "licence");
        Objects.requireNonNull(onMalformed, "onMalformed");
        if (mostBytes < 1 || mostBytes > 1 << 30)
            throw new IllegalArgumentException("CorpusReader: mostBytes is " + mostBytes + "; it lies between 1 and " + (1 << 30));
    }

    /** JSON lines: an object a line. Fields {@code domain}, {@code licence} and {@code metadata} are what they say, others become metadata. */
    public Corpus jsonl(Path... files) {
        var json = JsonLines.json(mostBytes);
        return lines(files, (line, id) -> line.isBlank() ? null : JsonLines.document(json, line, this, id));
    }

    /** Plain text, a document a line; empty lines are passed over. */
    public Corpus lines(Path... files) { return lines(files, (line, id) -> line.isBlank() ? null : document(id, line)); }

    /** Plain text, a document a file; its id is the file's name. */
    public Corpus text(Path... files) { return whole(files, (bytes, name) -> document(name, Lines.decoded(bytes, bytes.length))); }

    /** Every file below a folder whose name ends so, in order of their paths, a document each; its id is the path from the folder on. */
    public Corpus folder(Path folder, String ending) {
        return () -> {
            try (var found = Files.walk(folder)) {
                var files = found.filter(file -> file.toString().endsWith(ending) && Files.isRegularFile(file)).sorted().toList();
                return Corpus.concat(files.stream()
                        .map(file -> text(file).map(document -> document.withId(folder.relativize(file).toString().replace('\\', '/'))))
                        .toList()).open();
            } catch (IOException e) {
                throw new LyceumException("cannot list " + folder + ": " + e.getMessage(), e);
            }
        };
    }

    /**
     * The documents of files ({@code .jsonl}, {@code .csv}, {@code .parquet}; anything else is one text) and of folders (every {@code .txt}, {@code .md},
     * {@code .text} and {@code .jsonl} below them, in the order of their names).
     *
     * @throws IOException if there is no such file, or a folder has none
     */
    public Corpus paths(List<Path> paths) throws IOException {
        var parts = new ArrayList<Corpus>();
        for (var path : paths) {
            if (!Files.exists(path)) throw new IOException("there is no file or folder " + path);
            if (!Files.isDirectory(path)) {
                parts.add(byEnding(path));
                continue;
            }
            int before = parts.size();
            try (var files = Files.walk(path)) {
                files.filter(Files::isRegularFile).filter(f -> TEXT.contains(ending(f)) || ending(f).equals(".jsonl")).sorted()
                        .forEach(f -> parts.add(byEnding(f)));
            }
            if (parts.size() == before)
                throw new IOException(path + " has no file that ends with " + String.join(", ", TEXT) + " or .jsonl");
        }
        return Corpus.concat(parts);
    }

    private Corpus byEnding(Path file) {
        return switch (ending(file)) {
            case ".jsonl" -> jsonl(file);
            case ".csv" -> csv(file);
            case ".parquet" -> parquet(file);
            default -> text(file);
        };
    }

    private static String ending(Path file) {
        var name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot);
    }

    /** CSV with a header (RFC 4180); columns other than text, id, domain and licence become metadata. A row of another length is malformed. */
    public Corpus csv(Path... files) { return each(files, file -> () -> new CsvDocuments(file, this)); }

    /** Parquet files, by DuckDB, an optional dependency; ten thousand rows are in memory at a time. */
    public Corpus parquet(Path... files) { return each(files, file -> () -> new ParquetDocuments(file, this)); }

    /**
     * Mail: a message a file. The text is the subject and the body's plain text, transfer encodings undone; sender, date and the like become metadata.
     */
    public Corpus mail(Path... files) {
        return whole(files, (bytes, name) -> {
            var mail = Mail.parse(bytes);
            var id = mail.headers().getOrDefault("message-id", name);
            return new Document(id, mail.text(), domain, licence, mail.metadata());
        });
    }

    Document document(String id, String text) { return new Document(id, text, domain, licence, Map.of()); }

    private interface LineParser {
        /** null where the line holds nothing. @throws IllegalArgumentException where it is malformed */
        Document parse(String line, String id);
    }

    private Corpus lines(Path[] files, LineParser parser) {
        return each(files, file -> () -> {
            var lines = new Lines(file, mostBytes, onMalformed);
            return new DocumentReader() {
                @Override public Document next() {
                    for (var line = lines.next(); line != null; line = lines.next()) {
                        try {
                            var document = parser.parse(line, file.getFileName() + ":" + lines.number());
                            if (document != null) return document;
                        } catch (IllegalArgumentException e) {
                            lines.tell(e.getMessage());
                        }
                    }
                    return null;
                }

                @Override public void close() { lines.close(); }
            };
        });
    }

    private interface WholeParser {
        Document parse(byte[] bytes, String name) throws IOException;
    }

    private Corpus whole(Path[] files, WholeParser parser) {
        return each(files, file -> () -> {
            var left = new boolean[] {true};
            return () -> {
                if (!left[0]) return null;
                left[0] = false;
                var name = String.valueOf(file.getFileName());
                try (var in = Lines.text(file)) {
                    var bytes = in.readNBytes(mostBytes);
                    if (in.read() >= 0) onMalformed.accept(new Malformed(name, 0, "more than " + mostBytes + " bytes"));
                    else return parser.parse(bytes, name);
                } catch (CharacterCodingException e) {
                    onMalformed.accept(new Malformed(name, 0, "not UTF-8"));
                } catch (IllegalArgumentException e) {
                    onMalformed.accept(new Malformed(name, 0, e.getMessage()));
                } catch (IOException e) {
                    throw new UncheckedIOException("cannot read " + file, e);
                }
                return null;
            };
        });
    }

    private static Corpus each(Path[] files, Function<Path, Corpus> one) { return Corpus.concat(Arrays.stream(files).map(one).toList()); }

    /** Turns named cells into a document. @throws IllegalArgumentException where there is no text */
    Document fromCells(List<String> names, List<String> cells, String idOtherwise) {
        int at = names.indexOf(textField);
        if (at < 0) throw new IllegalArgumentException("no column \"" + textField + "\"; there are " + String.join(", ", names));
        if (cells.get(at) == null) throw new IllegalArgumentException("the column \"" + textField + "\" is null");
        var metadata = new TreeMap<String, String>();
        String id = idOtherwise, domain = this.domain, licence = this.licence;
        for (int c = 0; c < names.size(); c++) {
            var value = cells.get(c);
            if (c == at || value == null) continue;
            var name = names.get(c);
            if (name.equals(idField)) id = value;
            else if (name.equals("domain")) domain = value;
            else if (name.equals("licence") || name.equals("license")) licence = value;
            else metadata.put(name, value);
        }
        return new Document(id, cells.get(at), domain, licence, metadata);
    }
}
