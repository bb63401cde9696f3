package lyceum.text.similarity;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import lyceum.FormatException;
import lyceum.data.WordForms;
import lyceum.data.WordNet;
import lyceum.data.corpus.Corpora;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.text.Given;
import lyceum.text.count.TermSplitter;
import lyceum.text.encoder.MiniLm;
import lyceum.text.encoder.TextEncoder;
import lyceum.text.encoder.TokenVectors;
import lyceum.text.encoder.Tsv;
import lyceum.text.similarity.SemanticSimilarity.Triple;
import lyceum.text.similarity.WordNetSimilarity.Measure;
import lyceum.text.vector.EmbeddingEvaluation.JudgedPair;
import lyceum.text.vector.EmbeddingTable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SemanticSimilarityTest {
    private static final String TOPIC = "semantic-similarity";
    private static final Golden GOLDEN = Golden.load("golden/semantic-similarity.json");
    private static final Measure[] OF_NLTK = {Measure.PATH, Measure.WU_PALMER_NLTK, Measure.LEACOCK_CHODOROW, Measure.RESNIK, Measure.LIN,
            Measure.JIANG_CONRATH};

    private static class English {
        static final WordNet WORDNET = WordNet.installed();
        static final InformationContent BROWN = InformationContent.count(WORDNET, WordForms.installed(), words(), 1);

        private static HashMap<String, Integer> words() {
            var counts = new HashMap<String, Integer>();
            Corpora.brown().forEach(d -> {
                for (var word : d.text().toLowerCase(Locale.ROOT).split("[^a-z]+"))
                    if (!word.isEmpty()) counts.merge(word, 1, Integer::sum);
            });
            return counts;
        }
    }

    private static WordNetSimilarity of(Measure measure) { return new WordNetSimilarity(English.WORDNET, measure, English.BROWN); }

    /** Clause 1: three values for dog and cat, and six measures on 300 random pairs of nouns and of verbs, as nltk's, information content counted from Brown by its rule. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Tag("slow")
    @Test void wordNetMeasuresAreThoseOfNltk() {
        var examples = GOLDEN.named("examples");
        String dog = English.WORDNET.named("dog.n.01").id(), cat = English.WORDNET.named("cat.n.01").id();
        assertThat(List.of(dog, cat)).isEqualTo(examples.texts("input.ids").subList(0, 2));
        assertThat(examples.texts("input.ids").stream().map(English.WORDNET::name).toList()).isEqualTo(examples.texts("input.names"));
        Evidence.of("path less 0.2", Math.abs(of(Measure.PATH).ofMeanings(dog, cat) - 0.2), atMost(1e-9));
        Evidence.of("Wu-Palmer less 0.857142857", Math.abs(of(Measure.WU_PALMER).ofMeanings(dog, cat) - 0.857142857), atMost(1e-9));
        Evidence.of("Leacock-Chodorow less 2.0281482", Math.abs(of(Measure.LEACOCK_CHODOROW).ofMeanings(dog, cat) - 2.0281482),
                atMost(1e-7));
        double[] information = examples.doubles("expected.information");
        for (int i = 0; i < 3; i++)
            assertThat(English.BROWN.of(examples.texts("input.ids").get(i))).isCloseTo(information[i], within(1e-9));
        var pairs = GOLDEN.named("wordnet");
        List<String> first = pairs.texts("input.first"), second = pairs.texts("input.second");
        double[][] expected = pairs.matrix("expected.pathWupLchResLinJcn");
        int related = 0;
        for (int m = 0; m < OF_NLTK.length; m++) {
            var measure = of(OF_NLTK[m]);
            double worst = 0;
            for (int i = 0; i < first.size(); i++) {
                double ours = measure.ofMeanings(first.get(i), second.get(i)), theirs = expected[i][m];
                worst = Math.max(worst, theirs == 1e300 ? ours == Double.POSITIVE_INFINITY ? 0 : 1 : Math.abs(ours - theirs));
                if (m == 0 && theirs > 0.2) related++;
            }
            Evidence.of("largest gap of " + OF_NLTK[m] + " to nltk on 300 pairs", worst, atMost(1e-9));
        }
        Evidence.of("pairs", first.size(), exactly(300));
        assertThat(related).isGreaterThan(20);
        assertThat(first.stream().filter(id -> id.startsWith("v")).count()).isEqualTo(100);
    }

    /** Clause 2: all measures are symmetric, and no other is more like one of a pair than itself, over 1,000 random pairs; Wu-Palmer of a synset with itself is 1, nltk's 0.75 of misogamist. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Tag("slow")
    @Test void measuresAreSymmetricAndAllLikeThemselvesMost() {
        var rng = Rng.of(1000);
        var synsets = English.WORDNET.synsets().map(WordNet.Synset::id).toList();
        int nouns = (int) synsets.stream().filter(id -> id.startsWith("n")).count();
        var ids = new ArrayList<String[]>();
        for (int i = 0; i < 1000; i++) {
            boolean verb = i % 3 == 0;
            int from = verb ? nouns : 0, n = verb ? synsets.size() - nouns : nouns;
            ids.add(new String[] {synsets.get(from + rng.nextInt(n)), synsets.get(from + rng.nextInt(n))});
        }
        for (var kind : Measure.values()) {
            if (kind == Measure.WU_PALMER_NLTK) continue;
            var measure = of(kind);
            int wrong = 0;
            for (var pair : ids) {
                double both = measure.ofMeanings(pair[0], pair[1]);
                if (Double.isNaN(both) || both != measure.ofMeanings(pair[1], pair[0])) wrong++;
                if (both > measure.ofMeanings(pair[0], pair[0]) || both > measure.ofMeanings(pair[1], pair[1])) wrong++;
                if (kind == Measure.WU_PALMER && measure.ofMeanings(pair[0], pair[0]) != 1) wrong++;
            }
            Evidence.of("failures of " + kind + " on 1,000 pairs of synsets", wrong, exactly(0));
        }
        var misogamist = English.WORDNET.named("misogamist.n.01").id();
        Evidence.of("Wu-Palmer of misogamist with itself", of(Measure.WU_PALMER).ofMeanings(misogamist, misogamist), exactly(1));
        Evidence.of("nltk's", of(Measure.WU_PALMER_NLTK).ofMeanings(misogamist, misogamist), exactly(0.75));

        var texts = Stream.concat(Given.verses().stream().filter(v -> v.length() < 90).limit(60),
                Given.brownSentences().stream().filter(v -> v.length() < 90).limit(60)).toList();
        var table = words(TermSplitter.WORDS, texts);
        SemanticSimilarity overlap = SemanticSimilarity.overlap(TermSplitter.WORDS), mean = AveragedWords.mean(table, TermSplitter.WORDS),
                sif = AveragedWords.sif(table, TermSplitter.WORDS, texts), mover = new WordMover(table, TermSplitter.WORDS);
        String[] names = {"overlap", "mean of word vectors", "SIF", "word mover", "encoder"};
        SemanticSimilarity[] measures = {overlap, mean, sif, mover, SemanticSimilarity.encoded(new Remembering(MiniLm.encoder(), texts))};
        for (int m = 0; m < measures.length; m++) {
            int wrong = 0;
            var draw = Rng.of(m);
            for (int i = 0; i < 1000; i++) {
                String a = texts.get(draw.nextInt(texts.size())), b = texts.get(draw.nextInt(texts.size()));
                double both = measures[m].similarity(a, b);
                if (!(Math.abs(both - measures[m].similarity(b, a)) <= 1e-12)) wrong++;
                if (!(both <= Math.min(measures[m].similarity(a, a), measures[m].similarity(b, b)) + 1e-12)) wrong++;
            }
            Evidence.of("failures of " + names[m] + " on 1,000 pairs of texts", wrong, exactly(0));
        }
    }

    /** An encoder that has read its texts once: a pair then costs no pass. */
    private record Remembering(TextEncoder encoder, Map<String, float[]> vectors) implements TextEncoder {
        Remembering(TextEncoder encoder, List<String> texts) {
            this(encoder, new HashMap<>());
            var rows = encoder.encode(texts);
            for (int i = 0; i < texts.size(); i++) vectors.put(texts.get(i), rows.get(i).toFloatArray());
        }

        @Override public int dimension() { return encoder.dimension(); }

        @Override public Tensor encode(List<String> texts) {
            return Tensor.stack(0, texts.stream().map(t -> Tensor.of(vectors.get(t))).toArray(Tensor[]::new));
        }

        @Override public List<TokenVectors> tokens(List<String> texts) { return encoder.tokens(texts); }
    }

    /** Random vectors for all words of some texts. */
    private static EmbeddingTable words(TermSplitter splitter, List<String> texts) {
        var words = texts.stream().flatMap(t -> splitter.split(t).stream()).distinct().sorted().toList();
        return EmbeddingTable.of(words, Tensor.randn(Rng.of(8), words.size(), 12));
    }

    /** Clause 3: with MiniLM each of 30 paraphrases outranks its foil of many shared words in at least 90%, where word overlap ranks at most 50% right. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void paraphrasesOutrankFoilsForTheEncoder() {
        var triples = Tsv.read("triples").stream().map(line -> new Triple(line[0], line[1], line[2])).toList();
        Evidence.of("triples", triples.size(), exactly(30));
        var overlap = SemanticSimilarity.overlap(text -> TermSplitter.WORDS.split(text.toLowerCase(Locale.ROOT)));
        Evidence.of("mean overlap of a foil with its sentence",
                triples.stream().mapToDouble(t -> overlap.similarity(t.sentence(), t.foil())).average().orElseThrow(), atLeast(0.35));
        Evidence.of("least overlap of one",
                triples.stream().mapToDouble(t -> overlap.similarity(t.sentence(), t.foil())).min().orElseThrow(), atLeast(0.25));
        Evidence.of("share that MiniLM ranks right", SemanticSimilarity.encoded(MiniLm.encoder()).ranking(triples), atLeast(0.9));
        Evidence.of("share that word overlap ranks right", overlap.ranking(triples), atMost(0.5));
    }

    /** Clause 4: word mover's distance equals the solution of the linear programme to 1e-6, by scipy on 60 pairs. */
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void wordMoverIsTheLinearProgrammes() {
        var golden = GOLDEN.named("mover");
        var table = EmbeddingTable.of(golden.texts("input.words"), Tensor.of(golden.matrix("input.table")));
        var mover = new WordMover(table, TermSplitter.WORDS);
        double[] expected = golden.doubles("expected.distances");
        double worst = 0;
        for (int i = 0; i < expected.length; i++)
            worst = Math.max(worst,
                    Math.abs(mover.distance(golden.texts("input.first").get(i), golden.texts("input.second").get(i)) - expected[i]));
        Evidence.of("pairs", expected.length, exactly(60));
        Evidence.of("largest gap to the linear programme", worst, atMost(1e-6));
        assertThat(mover.distance("w1 w2", "w2 w1")).isZero();
        assertThat(mover.similarity("w1", "nothing known")).isZero();
    }

    @Test void sifWeighsRareWordsAndTakesOffWhatAllShare() {
        var table = EmbeddingTable.of(List.of("the", "cat", "dog"), Tensor.of(new double[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}));
        var corpus = List.of("the cat", "the dog", "the the the the");
        var sif = AveragedWords.sif(table, TermSplitter.WORDS, corpus, 0.25);
        // p(the) = 6/8, p(cat) = 1/8: weights 1/4 and 2/3; the first singular vector of the three texts' vectors is taken off
        var raw = Tensor.of(new double[][] {{1 / 8.0, 1 / 3.0, 0}, {1 / 8.0, 0, 1 / 3.0}, {1 / 4.0, 0, 0}});
        var u = Svd.of(raw).v().select(1, 0);
        var expected = raw.get(0).sub(u.mul(raw.get(0).dot(u).item()));
        assertThat(Tensor.of(sif.vector("the cat")).sub(expected).abs().max().item()).isLessThan(1e-12);
        assertThat(AveragedWords.mean(table, TermSplitter.WORDS).vector("the cat unknown")).containsExactly(0.5, 0.5, 0);
        assertThat(sif.similarity("unknown", "the cat")).isZero();
        assertThatThrownBy(() -> AveragedWords.sif(table, TermSplitter.WORDS, List.of(), 1)).hasMessageContaining("no text");
        assertThatThrownBy(() -> AveragedWords.sif(table, TermSplitter.WORDS, corpus, 0)).hasMessageContaining("a is 0.0");
    }

    @Test void evaluationsAndWords() {
        SemanticSimilarity length = (a, b) -> -Math.abs(a.length() - b.length());
        assertThat(length.correlation(List.of(new JudgedPair("a", "b", 9), new JudgedPair("a", "abc", 5), new JudgedPair("a", "abcdef", 1)))
                .value()).isEqualTo(1, within(1e-12));
        assertThat(length.ranking(List.of(new Triple("a", "b", "cc"), new Triple("a", "bb", "c"), new Triple("a", "bb", "cc"))))
                .isEqualTo(0.5);
        assertThatThrownBy(() -> length.ranking(List.of())).hasMessageContaining("no triple");
        assertThatThrownBy(() -> length.correlation(List.of())).hasMessageContaining("at least 3");
        assertThat(SemanticSimilarity.overlap(TermSplitter.WORDS).similarity("the cat sat", "the cat ran")).isEqualTo(0.5);
        assertThat(of(Measure.WU_PALMER).similarity("dog", "cat")).isGreaterThan(of(Measure.WU_PALMER).similarity("dog", "justice"));
        assertThat(of(Measure.PATH).similarity("dog", "xyzzy")).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThatThrownBy(() -> of(Measure.PATH).ofMeanings("n02084071", "v00001740")).hasMessageContaining("different parts of speech");
        assertThatThrownBy(() -> new WordNetSimilarity(English.WORDNET, Measure.LIN, null))
                .hasMessageContaining("LIN asks for information content");
        assertThatThrownBy(() -> English.BROWN.of("n1")).hasMessageContaining("no synset n1");
        assertThatThrownBy(() -> English.WORDNET.named("dog.n.99")).hasMessageContaining("has 7 of this part of speech");
        assertThatThrownBy(() -> English.WORDNET.named("dog")).hasMessageContaining("dog.n.01");
    }

    @Test void wordFormsAreMorphys(@TempDir Path folder) throws IOException {
        var forms = WordForms.installed();
        assertThat(forms.bases("mice", WordForms.Part.NOUN)).containsExactly("mouse");
        assertThat(forms.bases("went", WordForms.Part.VERB)).containsExactly("go");
        assertThat(forms.bases("Churches", WordForms.Part.NOUN)).containsExactly("church");
        assertThat(forms.bases("hot dogs", WordForms.Part.NOUN)).containsExactly("hot_dog");
        assertThat(forms.bases("better", WordForms.Part.ADJECTIVE)).contains("better", "good");
        assertThat(forms.bases("quickly", WordForms.Part.ADVERB)).containsExactly("quickly");
        assertThat(forms.bases("xyzzy", WordForms.Part.NOUN)).isEmpty();
        assertThat(forms.meanings("dog")).isEqualTo(8);
        for (var part : List.of("noun", "verb", "adj", "adv"))
            for (var name : List.of("index." + part, part + ".exc")) Files.writeString(folder.resolve(name), "");
        assertThat(WordForms.read(folder).meanings("dog")).isZero();
        Files.writeString(folder.resolve("index.noun"), "dog n many\n");
        assertThatThrownBy(() -> WordForms.read(folder)).isInstanceOf(FormatException.class).hasMessageContaining("index.noun");
    }
}
