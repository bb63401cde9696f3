package lyceum.data.corpus;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import lyceum.LyceumException;

/** Texts that come with the library; sources and licences are in {@code lyceum/data/corpus/PROVENANCE.md} of the jar. */
public final class Corpora {
    private Corpora() {}

    /**
     * The King James Bible: 66 books, 1,189 chapters, 31,102 verses. A document is a chapter, its id {@code "Genesis 1"}, its text a verse a line; metadata
     * {@code book} and {@code chapter}.
     */
    public static Corpus kingJames() { return Chapters::new; }

    /**
     * The Brown corpus (Kucera and Francis 1967): 500 samples of about 2,000 words that were printed in the United States in 1961. A document is a sample, its
     * id {@code "ca01"}, its domain one of 15 genres such as {@code "news"} and {@code "science-fiction"}, its text a sentence a line.
     */
    public static Corpus brown() { return Samples::new; }

    static BufferedReader open(String name) {
        var in = Corpora.class.getResourceAsStream(name);
        if (in == null) throw new LyceumException("the data file " + name + " is missing from lyceum-data's jar");
        try {
            return new BufferedReader(new InputStreamReader(new GZIPInputStream(in, 1 << 16), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the data file " + name, e);
        }
    }

    private abstract static class Bundled implements DocumentReader {
        private final BufferedReader in;
        String line;

        Bundled(String name) {
            in = open(name);
            advance();
        }

        final void advance() {
            try {
                line = in.readLine();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read a bundled text", e);
            }
        }

        @Override public final void close() {
            try {
                in.close();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot close a bundled text", e);
            }
        }
    }

    private static final class Chapters extends Bundled {
        Chapters() { super("kjv.tsv.gz"); }

        @Override public Document next() {
            if (line == null) return null;
            var first = line.split("\t");
            var begin = first[0] + "\t" + first[1] + "\t";
            var text = new StringBuilder();
            for (; line != null && line.startsWith(begin); advance())
                text.append(line, line.lastIndexOf('\t') + 1, line.length()).append('\n');
            text.setLength(text.length() - 1);
            return new Document(first[0] + " " + first[1], text.toString(), "bible", "public domain",
                    Map.of("book", first[0], "chapter", first[1]));
        }
    }

    private static final class Samples extends Bundled {
        Samples() { super("brown.txt.gz"); }

        @Override public Document next() {
            if (line == null) return null;
            var head = line.split(" ");
            var text = new StringBuilder();
            for (advance(); line != null && !line.startsWith("== "); advance()) text.append(line).append('\n');
            text.setLength(text.length() - 1);
            return new Document(head[1], text.toString(), head[2], "redistribution permitted", Map.of());
        }
    }
}
