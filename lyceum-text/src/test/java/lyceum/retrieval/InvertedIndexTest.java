package lyceum.retrieval;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import lyceum.FormatException;
import lyceum.random.Rng;
import lyceum.retrieval.Bm25.Variant;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.text.count.TermSplitter;
import lyceum.text.encoder.MiniLm;
import org.junit.jupiter.api.Tag;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InvertedIndexTest {
    private static final String TOPIC = "sparse-retrieval";

    /** By the definition, on the words of one verse: those are the same objects where they are equal. */
    private static Predicate<String[]> scan(TextQuery query) {
        return switch (query) {
            case TextQuery.Term(_, var term) -> {
                var interned = term.intern();
                yield words -> run(words, interned);
            }
            case TextQuery.Phrase(_, var text) -> {
                var run = Arrays.stream(text.split(" ")).map(String::intern).toArray(String[]::new);
                yield words -> run(words, run);
            }
            case TextQuery.And(var parts) -> parts.stream().map(InvertedIndexTest::scan).reduce(Predicate::and).orElseThrow();
            case TextQuery.Or(var parts) -> parts.stream().map(InvertedIndexTest::scan).reduce(Predicate::or).orElseThrow();
            case TextQuery.Not(var part) -> scan(part).negate();
        };
    }

    @SuppressWarnings("StringEquality") private static boolean run(String[] words, String... run) {
        next : for (int i = 0; i + run.length <= words.length; i++) {
            for (int k = 0; k < run.length; k++) if (words[i + k] != run[k]) continue next;
            return true;
        }
        return false;
    }

    private static TextQuery leaf(Rng rng, String[] words) {
        if (rng.nextInt(3) > 0) return TextQuery.term(words[rng.nextInt(words.length)]);
        int from = rng.nextInt(words.length), to = Math.min(words.length, from + 1 + rng.nextInt(4));
        var run = new ArrayList<>(Arrays.asList(words).subList(from, to));
        if (rng.nextInt(3) == 0) Collections.reverse(run);
        return TextQuery.phrase(String.join(" ", run));
    }

    private static TextQuery tree(Rng rng, int depth) {
        if (depth == 0) return leaf(rng, Verses.WORDS.get(rng.nextInt(Verses.WORDS.size())));
        return switch (rng.nextInt(4)) {
            case 0 -> TextQuery.not(tree(rng, depth - 1));
            case 1 -> TextQuery.or(tree(rng, depth - 1), tree(rng, depth - 1));
            default -> {
                var words = Verses.WORDS.get(rng.nextInt(Verses.WORDS.size()));
                yield TextQuery.and(leaf(rng, words), leaf(rng, words), tree(rng, depth - 1));
            }
        };
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Tag("slow")
    @Test void booleanAndPhraseHitsAreThoseOfAScan() {
        var rng = Rng.of(1);
        int wrong = 0, phrases = 0, some = 0;
        for (int q = 0; q < 1000; q++) {
            var query = q % 2 == 0 ? tree(rng, 1 + rng.nextInt(2)) : leaf(rng, Verses.WORDS.get(rng.nextInt(Verses.WORDS.size())));
            var scan = scan(query);
            var expected = IntStream.range(0, Verses.WORDS.size()).filter(i -> scan.test(Verses.WORDS.get(i))).mapToObj(String::valueOf)
                    .toList();
            if (!Verses.INDEX.matching(query).equals(expected)) wrong++;
            if (query instanceof TextQuery.Phrase) phrases++;
            if (!expected.isEmpty()) some++;
        }
        Evidence.of("queries other than the scan", wrong, exactly(0));
        Evidence.of("phrases alone among the 1,000 queries", phrases, above(100));
        Evidence.of("queries with hits", some, above(500));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void cosinesAreThoseOfScikitLearn() {
        var golden = Golden.load("golden/retrieval.json");
        var queries = golden.named("queries").texts("input.texts");
        double[][] traces = golden.named("cosine").matrix("expected.traces");
        double worst = 0;
        for (int q = 0; q < queries.size(); q++)
            worst = Math.max(worst, Bm25Test.gap(Bm25Test.trace(Verses.INDEX.cosine(queries.get(q), Integer.MAX_VALUE)), traces[q], 0));
        Evidence.of("queries over 31,102 verses", queries.size(), exactly(200));
        Evidence.of("cosines less scikit-learn's", worst, atMost(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void postingsSurviveCompression() {
        var rng = Rng.of(3);
        int lists = 0, wrong = 0, widest = 0;
        for (; lists < 2000; lists++) {
            var gaps = new int[1 + rng.nextInt(300)];
            int bits = lists % 33;
            for (int i = 0; i < gaps.length; i++) {
                long gap = bits == 32 ? 0x80000000L - (i % 7 == 0 ? 0 : rng.nextLong(0x80000000L)) : rng.nextLong(1L << bits);
                gaps[i] = (int) gap;
                if (gap == 0x80000000L) widest++;
            }
            var out = new ByteSink();
            out.putByte(77);
            BitPacking.pack(gaps, 0, gaps.length, out);
            out.putByte(78);
            var back = new int[gaps.length];
            long end = BitPacking.unpack(out.segment(), 1, gaps.length, back);
            if (end != out.size() - 1 || !Arrays.equals(gaps, back)) wrong++;
        }
        Evidence.of("lists of random gaps", lists, exactly(2000));
        Evidence.of("gaps of 2^31", widest, above(100));
        Evidence.of("lists that come back otherwise", wrong, exactly(0));

        var segment = Verses.INDEX.snapshot().segments.getFirst();
        int terms = 0, postings = 0, differing = 0;
        for (int t = 0; t < segment.terms(); t += 97, terms++) {
            var term = segment.term(t).substring(InvertedIndex.TEXT.length() + 1);
            var cursor = segment.cursor(t);
            for (int d = 0; d < Verses.WORDS.size(); d++) {
                var words = Verses.WORDS.get(d);
                int[] places = IntStream.range(0, words.length).filter(i -> words[i].equals(term)).toArray();
                if (places.length == 0) continue;
                postings++;
                if (cursor.next() != d || cursor.count() != places.length || !Arrays.equals(cursor.places(), places)) differing++;
            }
            if (cursor.next() != PostingCursor.END) differing++;
        }
        Evidence.of("postings of the verses, with their places", postings, above(1000));
        Evidence.of("postings other than those of a scan", differing, exactly(0));
        assertThat(terms).isGreaterThan(100);
    }

    private static List<Object> answers(InvertedIndex index) {
        var answers = new ArrayList<>();
        for (var query : Verses.queries(44, 100, 4)) {
            for (var variant : Variant.values()) answers.add(new Bm25().withVariant(variant).search(index, query, 10));
            answers.add(index.cosine(query, 10));
            answers.add(index.matching(TextQuery.phrase(query)));
            answers.add(index.matching(TextQuery.and(TextQuery.term(query.split(" ")[0]), TextQuery.not(TextQuery.term("and")))));
        }
        return answers;
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void mergingLeavesResultsAsTheyAre(@TempDir Path folder) throws IOException {
        InvertedIndex parts = new InvertedIndex(new TextAnalyzer()), fresh = new InvertedIndex(new TextAnalyzer());
        int added = 0;
        for (int size : new int[] {8000, 3900, 1900, 900, 300}) {
            for (int to = added + size; added < to; added++) parts.add(String.valueOf(added), Verses.TEXTS.get(2 * added));
            parts.commit();
        }
        var rng = Rng.of(4);
        int deleted = 0;
        for (int i = 0; i < added; i++) {
            if (rng.nextInt(20) == 0 && parts.delete(String.valueOf(i))) deleted++;
            else fresh.add(String.valueOf(i), Verses.TEXTS.get(2 * i));
        }
        Evidence.of("segments before", parts.segments(), exactly(5));
        Evidence.of("documents that were deleted of 15,000", deleted, above(500));
        var before = answers(parts);
        parts.save(folder);
        var opened = InvertedIndex.open(folder, new TextAnalyzer());
        long bytes = parts.bytes();
        parts.merge();
        Evidence.of("segments after", parts.segments(), exactly(1));
        Evidence.of("answers", before.size(), exactly(600));
        Evidence.that("answers are the same after the merge", before.equals(answers(parts)));
        Evidence.that("they are those of an index that never held the deleted", before.equals(answers(fresh)));
        assertThat(answers(opened)).isEqualTo(before);
        assertThat(parts.bytes()).isLessThan(bytes);
        assertThat(parts.size()).isEqualTo(fresh.size()).isEqualTo(added - deleted);
    }

    /** Verses with a number each that is in no other, asked for by the number; MiniLM reads it in pieces that many numbers share. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Tag("slow")
    @Test void rareIdentifiersAreFoundByWordsAndMissedByMeaning() {
        var rng = Rng.of(5);
        var passages = new LinkedHashMap<String, String>();
        var codes = new LinkedHashSet<String>();
        while (codes.size() < 240)
            codes.add("" + (char) ('a' + rng.nextInt(26)) + (char) ('a' + rng.nextInt(26)) + (10_000 + rng.nextInt(90_000)));
        var texts = Verses.TEXTS.stream().filter(t -> t.length() < 60).distinct().limit(240).toList();
        var numbered = texts.iterator();
        for (var code : codes) passages.put(code, numbered.next() + " Record " + code + ".");
        var index = new InvertedIndex(new TextAnalyzer());
        passages.forEach(index::add);
        var meaning = new DenseRetriever(MiniLm.encoder());
        meaning.add(passages);
        var asked = codes.stream().limit(200).toList();
        int words = 0, dense = 0, read = 0;
        for (int i = 0; i < 200; i++) {
            var code = asked.get(i);
            if (first(new Bm25().search(index, "the record " + code, 1), code)) words++;
            if (first(meaning.search("the record " + code, 1), code)) dense++;
            if (i < 50 && first(meaning.search(texts.get(i), 1), code)) read++;
        }
        Evidence.of("queries for a rare identifier", asked.size(), exactly(200));
        Evidence.of("hit@1 of the index", words / 200.0, exactly(1));
        Evidence.of("hit@1 of dense retrieval", dense / 200.0, below(1));
        Evidence.of("which by the words of the verse has", read / 50.0, atLeast(0.9));
    }

    private static boolean first(List<SearchHit> hits, String id) { return !hits.isEmpty() && hits.getFirst().id().equals(id); }

    @Test void learnedWeightsAreADotProduct() {
        var index = new InvertedIndex(new TextAnalyzer());
        var rng = Rng.of(6);
        var all = new ArrayList<Map<String, Double>>();
        for (int d = 0; d < 3000; d++) {
            var weights = new HashMap<String, Double>();
            for (int i = 0; i < 30; i++)
                weights.put("t" + rng.nextInt(1 + rng.nextInt(500)), rng.nextInt(4 * InvertedIndex.QUANTA) / (double) InvertedIndex.QUANTA);
            index.addWeights("d" + d, weights);
            all.add(weights);
        }
        for (int q = 0; q < 50; q++) {
            var query = Map.of("t" + rng.nextInt(50), rng.nextDouble(), "t" + (50 + rng.nextInt(50)), 2.0, "t" + (100 + rng.nextInt(300)),
                    1.5);
            var hits = index.impacts(query, 10);
            double[] scores = all.stream()
                    .mapToDouble(w -> query.entrySet().stream().mapToDouble(e -> e.getValue() * w.getOrDefault(e.getKey(), 0.0)).sum())
                    .toArray();
            double[] sorted = Arrays.stream(scores).sorted().toArray();
            for (int i = 0; i < hits.hits().size(); i++) {
                assertThat(hits.hits().get(i).score()).isCloseTo(sorted[sorted.length - 1 - i], within(1e-9));
                assertThat(scores[Integer.parseInt(hits.hits().get(i).id().substring(1))]).isCloseTo(hits.hits().get(i).score(),
                        within(1e-9));
            }
            assertThat(hits.scored()).isLessThanOrEqualTo(hits.postings());
        }
        assertThatThrownBy(() -> index.addWeights("x", Map.of("a", Double.NaN))).hasMessageContaining("'a' in 'x' is NaN");
        assertThatThrownBy(() -> index.add("x", Map.of(InvertedIndex.WEIGHTS, "a")))
                .hasMessageContaining("give the text of 'x' another name");
        assertThatThrownBy(() -> index.impacts(Map.of("a", -1.0), 3)).hasMessageContaining("'a' is -1.0");
    }

    @Test void analyzersStopWordsAndUpdates() {
        var index = new InvertedIndex(new TextAnalyzer().withStopWords(Set.of("the", "of", "a")).withStemmed(true));
        index.add("1", "The Running of the bulls");
        index.add("2", "runs a bull");
        assertThat(index.matching(TextQuery.term("run"))).containsExactly("1", "2");
        assertThat(index.matching(TextQuery.phrase("running of the bull"))).containsExactly("1");
        assertThat(index.matching(TextQuery.phrase("the"))).as("stop words alone").isEmpty();
        assertThat(new Bm25().search(index, "the of", 3)).isEmpty();
        assertThat(index.cosine("the", 3)).isEmpty();
        assertThatThrownBy(() -> index.add("1", "again")).hasMessageContaining("'1' is in the index");
        assertThat(index.delete("1")).isTrue();
        assertThat(index.delete("1")).isFalse();
        index.add("1", "a cow");
        assertThat(index.size()).isEqualTo(2);
        assertThat(index.matching(TextQuery.or(TextQuery.term("cow"), TextQuery.term("run")))).containsExactly("2", "1");
        assertThat(index.documentFrequency(InvertedIndex.TEXT, "bull")).isEqualTo(1);
        assertThat(new InvertedIndex(TermSplitter.BLANKS).matching(TextQuery.and())).isEmpty();
    }

    @Test void damagedFilesAreRefused(@TempDir Path folder) throws IOException {
        var index = Verses.index(0, 200);
        index.delete("7");
        index.save(folder);
        index.save(folder);
        assertThat(InvertedIndex.open(folder, new TextAnalyzer()).matching(TextQuery.and())).hasSize(199).doesNotContain("7");
        assertThatThrownBy(() -> InvertedIndex.open(folder, TermSplitter.BLANKS)).isInstanceOf(FormatException.class)
                .hasMessageContaining("another analyzer");
        var rng = Rng.of(9);
        int refused = 0, same = 0;
        var expected = InvertedIndex.open(folder, new TextAnalyzer()).matching(TextQuery.term("god"));
        try (var files = Files.list(folder)) {
            for (var file : files.toList()) {
                byte[] whole = Files.readAllBytes(file);
                for (int i = 0; i < 500; i++) {
                    byte[] mutant = i % 4 == 0 ? Arrays.copyOf(whole, rng.nextInt(whole.length)) : whole.clone();
                    if (i % 4 > 0) mutant[rng.nextInt(i % 4 == 1 ? 300 : mutant.length)] ^= (byte) (1 + rng.nextInt(255));
                    var other = folder.resolve(file.getFileName() + ".mutant");
                    Files.write(other, mutant);
                    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
                    try {
                        assertThat(InvertedIndex.open(folder, new TextAnalyzer()).matching(TextQuery.term("god"))).isEqualTo(expected);
                        same++;
                    } catch (FormatException e) {
                        refused++;
                    }
                }
                Files.write(folder.resolve("whole"), whole);
                Files.move(folder.resolve("whole"), file, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        assertThat(refused + same).isEqualTo(1000);
        assertThat(refused).as("all but changes of padding").isGreaterThan(700);
    }

    /** Saved twice meanwhile, so that a number which is taken again would be that of the segments which are read. */
    @Test void anIndexThatIsReplacedWhileItIsOpenedIsTheNewOne(@TempDir Path folder) throws IOException {
        Verses.index(0, 200).save(folder);
        var left = new ArrayDeque<>(List.of(Verses.index(0, 10), Verses.index(0, 50)));
        var open = SemanticSearchFilesTest.meddled(folder, "segment", () -> {
            while (!left.isEmpty()) left.poll().save(folder);
        });
        assertThat(InvertedIndex.open(open, new TextAnalyzer()).size()).isEqualTo(50);
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("index.lyx", "segment-3-0.lyx");
    }

    @Test void halvesOfCharactersAreRefusedBeforeAnythingIsAdded() {
        var index = new InvertedIndex(new TextAnalyzer());
        index.add("?", "what ? is");
        for (ThrowingCallable add : List.<ThrowingCallable>of(() -> index.add("\ud800", "word"),
                () -> index.add("b", Map.of("\udc00", "word")), () -> index.addWeights("b", Map.of("\ud800", 1.0))))
            assertThatThrownBy(add).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("half of a surrogate pair");
        index.commit();
        assertThat(index.size()).isEqualTo(1);
        index.add("b", "word");
        assertThat(index.size()).isEqualTo(2);
    }

    /** The id is looked at before the terms: one of these is wrong as well. */
    @Test void textsOfATakenIdTakeNoRoom() {
        var index = new InvertedIndex(TermSplitter.BLANKS);
        index.add("a", "word");
        assertThatThrownBy(() -> index.add("a", "half \ud800")).hasMessageContaining("'a' is in the index");
        assertThatThrownBy(() -> index.add("b", "half \ud800")).hasMessageContaining("half of a surrogate pair");
    }

    /** Short and long, of one byte a character and of more, with a character 0, and two whose hashes are equal. */
    @Test void termsOfEveryKindAreToldApart() {
        var kinds = List.of("a", "b", "ab", "\0", "a\0", "\0a", "abcdefg", "abcdefgh", "abcdefgi", "AaAaAaAaAa", "BBBBBBBBBB", "é", "ée",
                "ÿÿÿÿÿÿÿ", "東", "東京", "\uD83E\uDD8A");
        assertThat("AaAaAaAaAa".hashCode()).isEqualTo("BBBBBBBBBB".hashCode());
        var rng = Rng.of(8);
        var index = new InvertedIndex(text -> List.of(text.split(" ")));
        var texts = new ArrayList<List<String>>();
        for (int d = 0; d < 700; d++) {
            var words = new ArrayList<String>();
            for (int i = rng.nextInt(6); i >= 0; i--)
                words.add(rng.nextInt(4) > 0 ? kinds.get(rng.nextInt(kinds.size())) : "n" + rng.nextInt(300));
            texts.add(words);
            index.add(String.valueOf(d), String.join(" ", words));
        }
        for (var word : kinds) {
            var holders = IntStream.range(0, texts.size()).filter(d -> texts.get(d).contains(word)).mapToObj(String::valueOf).toList();
            assertThat(holders).as(word).isNotEmpty();
            assertThat(index.matching(TextQuery.term(word))).as(word).isEqualTo(holders);
        }
    }
}
