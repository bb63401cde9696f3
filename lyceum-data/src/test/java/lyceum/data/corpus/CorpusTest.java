package lyceum.data.corpus;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import lyceum.FormatException;
import lyceum.data.mixture.DataMixture;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.ForcedFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTest {
    /** Chapters of the 66 books, as printed in any Bible's table of contents. */
    private static final int[] CHAPTERS = {50, 40, 27, 36, 34, 24, 21, 4, 31, 24, 22, 25, 29, 36, 10, 13, 10, 42, 150, 31, 12, 8, 66, 52, 5,
            48, 12, 14, 3, 9, 1, 4, 7, 3, 3, 3, 2, 14, 4, 28, 16, 24, 21, 28, 16, 16, 13, 6, 6, 4, 4, 5, 3, 6, 4, 3, 1, 13, 5, 5, 3, 5, 1,
            1, 1, 22};

    @TempDir Path folder;

    @Test
    @Acceptance(topic = "corpus", clause = 1) void kingJamesHasItsBooksChaptersAndVerses() {
        var books = new LinkedHashMap<String, Integer>();
        long verses = 0, empty = 0, chapters = 0;
        for (var chapter : Corpora.kingJames().toList()) {
            chapters++;
            int number = books.merge(chapter.metadata().get("book"), 1, Integer::sum);
            assertThat(chapter.metadata().get("chapter")).isEqualTo(String.valueOf(number));
            assertThat(chapter.id()).isEqualTo(chapter.metadata().get("book") + " " + number);
            var lines = chapter.text().split("\n", -1);
            verses += lines.length;
            empty += Arrays.stream(lines).filter(String::isBlank).count();
            if (chapter.id().equals("Psalms 119")) Evidence.of("verses of the longest psalm", lines.length, exactly(176));
            if (chapter.id().equals("Psalms 117")) Evidence.of("verses of the shortest psalm", lines.length, exactly(2));
        }
        Evidence.of("books", books.size(), exactly(66));
        Evidence.of("chapters", chapters, exactly(1189));
        Evidence.of("verses", verses, exactly(31_102));
        Evidence.of("empty verses", empty, exactly(0));
        assertThat(books.values().stream().mapToInt(n -> n).toArray()).isEqualTo(CHAPTERS);
    }

    @Test void brownHasFiveHundredSamplesOfItsGenres() {
        var genres = new HashMap<String, Integer>();
        long words = 0;
        for (var sample : Corpora.brown().toList()) {
            genres.merge(sample.domain(), 1, Integer::sum);
            words += Words.of(sample.text()).count();
        }
        assertThat(genres).hasSize(15).containsEntry("news", 44).containsEntry("learned", 80).containsEntry("science-fiction", 6);
        assertThat(words).isBetween(950_000L, 1_050_000L);
    }

    /** Everything in memory, by other means: a regular expression for the words, sets and sorted arrays for the rest. */
    @Test
    @Acceptance(topic = "corpus", clause = 2) void streamedStatisticsEqualThoseInMemory() throws IOException {
        var documents = new ArrayList<>(Corpora.brown().toList());
        documents.addAll(Corpora.kingJames().limit(300).toList());
        for (int i = 0; i < 40; i++) documents.add(documents.get(7 * i).withId("copy" + i));
        Shards.write(Corpus.of(documents), folder, 1 << 20);
        var card = CorpusCard.of(Shards.read(folder), text -> text.contains(" thou ") ? "old" : "new");

        long bytes = 0, old = 0;
        var words = new ArrayList<String>();
        var lengths = new ArrayList<Integer>();
        var texts = new HashSet<String>();
        var pattern = Pattern.compile("[\\p{L}\\p{Nd}\\p{Mn}\\p{Mc}]+(?:['\u2019-][\\p{L}\\p{Nd}\\p{Mn}\\p{Mc}]+)*");
        for (var document : documents) {
            bytes += document.text().getBytes(StandardCharsets.UTF_8).length;
            texts.add(document.text());
            if (document.text().contains(" thou ")) old++;
            int before = words.size();
            pattern.matcher(document.text()).results().forEach(match -> words.add(match.group().toLowerCase(Locale.ROOT)));
            lengths.add(words.size() - before);
        }
        lengths.sort(null);
        Evidence.of("documents apart", card.documents() - documents.size(), exactly(0));
        Evidence.of("bytes apart", card.bytes() - bytes, exactly(0));
        Evidence.of("words apart", card.words() - words.size(), exactly(0));
        Evidence.of("types apart", card.types() - new HashSet<>(words).size(), exactly(0));
        Evidence.of("duplicates apart", card.duplicates() - (documents.size() - texts.size()), exactly(0));
        Evidence.of("old texts apart", card.languages().get("old") - old, exactly(0));
        for (double q : new double[] {0, 0.1, 0.5, 0.9, 1})
            assertThat(card.lengthQuantile(q)).isEqualTo(lengths.get((int) Math.max(0, Math.ceil(q * lengths.size()) - 1)));
        int points = 0;
        for (var point : card.growth()) {
            assertThat(point.types()).isEqualTo(new HashSet<>(words.subList(0, (int) point.words())).size());
            points++;
        }
        Evidence.of("points of growth compared", points, atLeast(10));
        assertThat(card.domains()).containsEntry("bible", 300L);
        assertThat(card.heapsExponent()).isBetween(0.4, 0.8);
    }

    @Test
    @Acceptance(topic = "corpus", clause = 3) void splitsAreDisjointAndNoOldDocumentMovesWhenOthersComeOverThousandTries() {
        var rng = Rng.of(3);
        int moved = 0, misplaced = 0, tries = 0, seen = 0;
        for (; tries < 1000; tries++) {
            var documents = new ArrayList<Document>();
            for (int i = 0, n = 5 + rng.nextInt(60); i < n; i++)
                documents.add(Document.of("d" + tries + "-" + i, "text " + rng.nextInt(5)));
            double first = 0.1 + 0.8 * rng.nextDouble();
            var before = parts(Corpus.of(documents), tries, first, 1 - first);
            var more = new ArrayList<>(documents);
            for (int i = 0, n = 1 + rng.nextInt(60); i < n; i++)
                more.add(rng.nextInt(more.size()), Document.of("new" + tries + "-" + i, "text"));
            var after = parts(Corpus.of(more), tries, first, 1 - first);
            if (before.size() != documents.size() || after.size() != more.size()) misplaced++;
            for (var entry : before.entrySet()) {
                seen++;
                if (!after.get(entry.getKey()).equals(entry.getValue())) moved++;
            }
        }
        Evidence.of("tries", tries, exactly(1000));
        Evidence.of("old documents looked at", seen, above(20_000));
        Evidence.of("of them moved", moved, exactly(0));
        Evidence.of("tries in which a document stood in two parts or none", misplaced, exactly(0));
        var sizes = Corpora.brown().split(1, 0.8, 0.2).stream().mapToLong(Corpus::count).toArray();
        Evidence.of("distance of the larger part of 500 from 400, in standard errors", Math.abs(sizes[0] - 400) / Math.sqrt(500 * 0.16),
                atMost(3));
    }

    private static Map<String, Integer> parts(Corpus corpus, long salt, double... shares) {
        var part = new HashMap<String, Integer>();
        var parts = corpus.split(salt, shares);
        for (int p = 0; p < parts.size(); p++)
            for (var document : parts.get(p).toList()) if (part.put(document.id(), p) != null) part.put(document.id() + " twice", p);
        return part;
    }

    @Test void aSplitByContentKeepsCopiesTogether() {
        var documents = new ArrayList<Document>();
        for (int i = 0; i < 400; i++) documents.add(Document.of("d" + i, "text " + i % 50));
        var parts = Corpus.of(documents).split(Document::hash, 5, 0.5, 0.5);
        var left = new HashSet<String>(parts.get(0).toList().stream().map(Document::text).toList());
        assertThat(parts.get(1).toList()).isNotEmpty().noneMatch(document -> left.contains(document.text()));
    }

    @Test
    @Acceptance(topic = "corpus", clause = 4) void samplingByDomainHitsItsWeights() {
        var wanted = Map.of("news", 0.5, "learned", 0.3, "humor", 0.15, "romance", 0.05);
        int n = 20_000, seeds = 20;
        var drawn = new HashMap<String, Integer>();
        var mixture = DataMixture.ofDomains(Corpus.of(Corpora.brown().toList()), wanted);
        // The seeds are 1 to 20, none chosen.
        for (int seed = 1; seed <= seeds; seed++)
            mixture.withSeed(seed).corpus(n / seeds).forEach(document -> drawn.merge(document.domain(), 1, Integer::sum));
        double worst = 0;
        for (var entry : wanted.entrySet()) {
            double p = entry.getValue(), share = drawn.get(entry.getKey()) / (double) n;
            worst = Math.max(worst, Math.abs(share - p) / Math.sqrt(p * (1 - p) / n));
        }
        Evidence.of("draws", drawn.values().stream().mapToInt(c -> c).sum(), exactly(n));
        Evidence.of("domains", drawn.size(), exactly(4));
        Evidence.of("largest distance from a weight in standard errors", worst, atMost(3));
    }

    /** What was planted is known: each step must own exactly that, and the files' sizes must tell the rest. */
    @Test
    @Acceptance(topic = "corpus", clause = 5) void bytesInLessWhatEachStepRemovedAreBytesOut() throws IOException {
        var rng = Rng.of(5);
        long controls = 0, boilerplate = 0, spaces = 0, composed = 0;
        var dirty = new ArrayList<Document>();
        for (var document : Corpora.kingJames().limit(200).toList()) {
            var text = new StringBuilder(document.text());
            for (int i = rng.nextInt(4); i > 0; i--, controls += 1) text.insert(firstGap(text, rng), "\u0007");
            for (int i = rng.nextInt(4); i > 0; i--, controls += 3) text.insert(firstGap(text, rng), "\u200B");
            for (int i = rng.nextInt(3); i > 0; i--, boilerplate += 24) text.append("\nAccept all our cookies!!");
            for (int i = rng.nextInt(5); i > 0; i--, spaces += 2) text.insert(firstGap(text, rng), "  ");
            for (int i = rng.nextInt(3); i > 0; i--, composed += 1) text.append("\nCafe\u0301 au lait.");
            dirty.add(document.withText(text.toString()));
        }
        var cleaning = new Cleaning().then(Cleaning.composed()).then(Cleaning.controls())
                .then(Cleaning.lines("cookies", line -> line.startsWith("Accept all our"))).then(Cleaning.spaces());
        var account = cleaning.account(Corpus.of(dirty));
        Files.createDirectories(folder.resolve("in"));
        Files.createDirectories(folder.resolve("out"));
        for (var document : dirty) Files.writeString(folder.resolve("in/" + document.id()), document.text());
        cleaning.apply(Corpus.of(dirty)).forEach(document -> write(folder.resolve("out/" + document.id()), document.text()));
        long in = size(folder.resolve("in")), out = size(folder.resolve("out"));
        Evidence.of("bytes in, less those of the files", account.bytesIn() - in, exactly(0));
        Evidence.of("bytes removed by composing, less what was planted", account.effects().get(0).removedBytes() - composed, exactly(0));
        Evidence.of("by the removal of controls", account.effects().get(1).removedBytes() - controls, exactly(0));
        Evidence.of("by the removal of boilerplate lines", account.effects().get(2).removedBytes() - boilerplate - boilerplate / 24,
                exactly(0));
        Evidence.of("by the removal of spaces", account.effects().get(3).removedBytes() - spaces, exactly(0));
        Evidence.of("bytes in less bytes removed less those of the files out",
                in - account.effects().stream().mapToLong(Cleaning.Effect::removedBytes).sum() - out, exactly(0));
        Evidence.of("planted bytes", controls + boilerplate + spaces + composed, above(3000));
        assertThat(account.bytesOut()).isEqualTo(out);
    }

    private static int firstGap(StringBuilder text, Rng rng) { return text.indexOf(" ", rng.nextInt(text.length() / 2)); }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static long size(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }

    @Test
    @Acceptance(topic = "corpus", clause = 6) void shardsRejoinToTheBytesOfTheWhole() throws IOException {
        var corpus = Corpus.concat(List.of(Corpora.brown(), Corpora.kingJames(),
                Corpus.of(List.of(Document.of("e\u0301 \"q\"\n", "\u2028\t\\ \uD83D\uDE00")))));
        var whole = folder.resolve("whole.jsonl");
        Shards.jsonl(corpus, whole);
        var manifest = Shards.write(corpus, folder.resolve("shards"), 700_000);
        var joined = folder.resolve("joined.jsonl");
        try (var out = Files.newOutputStream(joined)) {
            for (var shard : manifest.shards())
                try (var in = new GZIPInputStream(Files.newInputStream(folder.resolve("shards").resolve(shard.file())))) {
                    in.transferTo(out);
                }
        }
        Evidence.of("shards", manifest.shards().size(), above(10));
        Evidence.of("first byte that differs, -1 for none", Files.mismatch(whole, joined), exactly(-1));
        Evidence.of("largest shard", manifest.shards().stream().mapToLong(Shards.Shard::bytes).max().orElseThrow(), atMost(700_000));
        assertThat(Shards.read(folder.resolve("shards")).toList()).isEqualTo(corpus.toList());
        assertThat(new CorpusReader().jsonl(whole).toList()).isEqualTo(corpus.toList());
        assertThat(Shards.write(corpus, folder.resolve("again"), 700_000).hash()).isEqualTo(manifest.hash());
    }

    /** Then the manifest, which says that they are there. */
    @Test void shardsAreOnTheDisk() throws Exception {
        var texts = Corpus.of(List.of(Document.of("a", "one"), Document.of("b", "two")));
        assertThat(ForcedFiles.below(folder, () -> Shards.write(texts, folder.resolve("x"), 1))).containsExactly("",
                "x/shard-00000.jsonl.gz", "x/shard-00001.jsonl.gz", "x/manifest.json", "x");
    }

    @Test void aDamagedShardIsRefusedByName() throws IOException {
        Shards.write(Corpora.brown().limit(20), folder, 50_000);
        var file = folder.resolve("shard-00001.jsonl.gz");
        var bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        assertThatThrownBy(() -> Shards.read(folder).toList()).isInstanceOf(FormatException.class).hasMessageContaining("shard-00001");
        var manifest = folder.resolve("manifest.json");
        Files.writeString(manifest, Files.readString(manifest).replaceFirst("\"documents\" : \\d+", "\"documents\" : 7")
                .replaceFirst("shard-00000", "../../x"));
        assertThatThrownBy(() -> Shards.read(folder)).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> Shards.write(Corpora.brown(), folder, 50_000)).hasMessageContaining("holds shards already");
    }

    @Test void aPassIsAsGoodAsTheOneBefore() {
        var corpus = Corpora.brown().filter(document -> document.domain().equals("humor")).map(document -> document.withDomain("fun"))
                .limit(5);
        assertThat(corpus.toList()).hasSize(5).isEqualTo(corpus.toList()).allMatch(document -> document.domain().equals("fun"));
        try (var stream = corpus.stream()) {
            assertThat(stream.mapToLong(Document::bytes).sum()).isPositive();
        }
        assertThat(Corpora.brown().domain("humor").count()).isEqualTo(9);
    }
}
