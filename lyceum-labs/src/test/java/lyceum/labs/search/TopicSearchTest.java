package lyceum.labs.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Stream;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.catalogue.Topic;
import lyceum.testing.LocaleHarness;
import org.junit.jupiter.api.Test;

class TopicSearchTest {

    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final TopicSearch SEARCH = TopicSearch.of(CATALOGUE, Article::find);
    private static final System.Logger LOG = System.getLogger(TopicSearchTest.class.getName());

    /** A question, the topics that answer it, and what tuning has seen of it. */
    private record Question(String kind, String query, List<String> expected, String set) {

        boolean untouched() { return set.equals("untouched"); }

        int rank() {
            var found = SEARCH.search(query, 20).stream().map(h -> h.topic().slug()).toList();
            return expected.stream().mapToInt(found::indexOf).filter(i -> i >= 0).min().orElse(Integer.MAX_VALUE - 1) + 1;
        }
    }

    private static List<Question> questions() throws Exception {
        return rows("/search-questions.tsv").map(c -> new Question(c[0], c[1], List.of(c[2].split("\\|")), c[3])).toList();
    }

    /** Written from titles alone, before any ranking was seen, as one asks who does not know the name. */
    private static List<Question> descriptions(String set) throws Exception {
        return rows("/search-paraphrases.tsv").map(c -> new Question("paraphrase", c[0], List.of(c[1].split("\\|")), c[2]))
                .filter(q -> q.set().equals(set)).toList();
    }

    private static Stream<String[]> rows(String resource) throws Exception {
        try (var in = TopicSearchTest.class.getResourceAsStream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().skip(1).map(l -> l.split("\t"));
        }
    }

    private record Quality(int count, double inFirstThree, double meanReciprocalRank) {

        static Quality of(List<Question> questions) {
            var ranks = questions.stream().mapToInt(Question::rank).toArray();
            return new Quality(ranks.length, Arrays.stream(ranks).filter(r -> r <= 3).count() / (double) ranks.length,
                    Arrays.stream(ranks).mapToDouble(r -> 1.0 / r).average().orElse(0));
        }

        @Override public String toString() {
            return String.format(Locale.ROOT, "%d questions, %.1f%% in the first three, MRR %.3f", count, 100 * inFirstThree,
                    meanReciprocalRank);
        }
    }

    private static List<Question> those(Predicate<Question> which) throws Exception { return questions().stream().filter(which).toList(); }

    @Test void acronymsTyposAndHalfWordsFindTheirTopicInTheFirstThree() throws Exception {
        var named = those(q -> !q.kind().equals("paraphrase"));
        var missed = named.stream().filter(q -> q.rank() > 3).map(q -> q.query() + " -> " + q.expected() + " at " + q.rank()).toList();
        var quality = Quality.of(named);
        LOG.log(System.Logger.Level.INFO, "search: names " + quality + "; missed " + missed);
        assertThat(named).hasSizeGreaterThan(200);
        assertThat(quality.inFirstThree()).as("missed %s", missed).isGreaterThanOrEqualTo(0.97);
        assertThat(quality.meanReciprocalRank()).isGreaterThanOrEqualTo(0.90);
    }

    @Test void untouchedQuestionsDoAsWell() throws Exception {
        var untouched = those(q -> q.untouched() && !q.kind().equals("paraphrase"));
        var quality = Quality.of(untouched);
        LOG.log(System.Logger.Level.INFO, "search: untouched names " + quality);
        assertThat(those(Question::untouched)).hasSize(50);
        assertThat(quality.inFirstThree()).isGreaterThanOrEqualTo(0.95);
    }

    @Test void paraphrasesFindTheirTopic() throws Exception {
        var old = those(q -> q.kind().equals("paraphrase"));
        LOG.log(System.Logger.Level.INFO, "search: paraphrases " + Quality.of(old) + "; the half that tuning has not seen "
                + Quality.of(old.stream().filter(TopicSearchTest::held).toList()));
        var tuned = Quality.of(descriptions("tuned"));
        var held = Quality.of(descriptions("held"));
        LOG.log(System.Logger.Level.INFO, "search: descriptions tuned on " + tuned + "; held back " + held);
        assertThat(old).hasSizeGreaterThan(40);
        assertThat(Quality.of(old).meanReciprocalRank()).isGreaterThanOrEqualTo(0.59);
        assertThat(tuned.count()).isEqualTo(100);
        assertThat(tuned.meanReciprocalRank()).isGreaterThanOrEqualTo(0.69);
        assertThat(held.count()).isEqualTo(150);
        assertThat(held.meanReciprocalRank()).isGreaterThanOrEqualTo(0.67);
    }

    /** Tuning saw the questions whose hash is even. */
    private static boolean held(Question question) {
        try {
            var hash = MessageDigest.getInstance("SHA-256").digest(question.query().getBytes(StandardCharsets.UTF_8));
            return (hash[0] & 1) == 1;
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Test void everyTopicIsFoundByItsTitleSlugAndHalfItsTitle() {
        var lost = new ArrayList<String>();
        for (var t : CATALOGUE.topics()) {
            for (var query : List.of(t.title(), t.slug(), t.slug().replace('-', ' '), t.title().toUpperCase(Locale.ROOT))) {
                if (SEARCH.search(query, 1).stream().noneMatch(h -> h.topic().equals(t))) {
                    lost.add(query + " -> " + SEARCH.search(query, 1).stream().map(h -> h.topic().slug()).toList());
                }
            }
        }
        assertThat(lost).isEmpty();
    }

    @Test void oneTypingErrorInATitleRarelyLosesIt() {
        var random = new Random(11);
        int lost = 0;
        for (var t : CATALOGUE.topics()) {
            var query = mistyped(t.title(), random);
            if (SEARCH.search(query, 3).stream().noneMatch(h -> h.topic().equals(t))) {
                lost++;
            }
        }
        assertThat(lost).isLessThanOrEqualTo(CATALOGUE.topics().size() / 50);
    }

    private static String mistyped(String title, Random random) {
        int at = 1 + random.nextInt(title.length() - 2);
        return switch (random.nextInt(3)) {
            case 0 -> title.substring(0, at) + title.substring(at + 1);
            case 1 -> title.substring(0, at) + title.charAt(at + 1) + title.charAt(at) + title.substring(at + 2);
            default -> title.substring(0, at) + (char) ('a' + random.nextInt(26)) + title.substring(at + 1);
        };
    }

    @Test void allWordsCountWhereATopicHasThemAll() {
        var hits = SEARCH.search("decision tree pruning");
        assertThat(hits).isNotEmpty();
        assertThat(SEARCH.search("zzzzqq attention")).isNotEmpty();
        assertThat(SEARCH.search("zzzzqqxx")).isEmpty();
        assertThat(SEARCH.search("the")).isNotNull();
    }

    @Test void emptyAndOddQueriesFindNothingAndThrowNothing() {
        for (var query : List.of("", "   ", "!?", "\u0000", "'\"<script>", "((((", "\uD83D", "a".repeat(100_000), "🙂")) {
            assertThat(SEARCH.search(query)).as(query.substring(0, Math.min(9, query.length()))).isNotNull();
        }
        assertThat(SEARCH.search("")).isEmpty();
        assertThat(SEARCH.search("!?")).isEmpty();
    }

    @Test void hitsAreHighlighted() {
        var topic = topic(1, "Singular Value Decomposition (SVD)", "svd", "Factors any matrix; singular values order what matters.");
        var search = TopicSearch.of(Catalogue.of(List.of(topic)), s -> Optional.empty());
        assertThat(marked(search.search("singular val").getFirst()))
                .isEqualTo("[Singular] [Val]ue Decomposition (SVD) | Factors any matrix; [singular] [val]ues order what matters.");
        assertThat(marked(search.search("decompositon").getFirst())).startsWith("Singular Value [Decomposition] (SVD)");
        var kmeans = TopicSearch.of(Catalogue.of(List.of(topic(1, "K-Means Objective", "k-means", "Sums."))), s -> Optional.empty());
        assertThat(marked(kmeans.search("kmeans").getFirst())).startsWith("[K-Means] Objective");
        assertThat(marked(search.search("svd").getFirst())).startsWith("Singular Value Decomposition ([SVD])");
    }

    @Test void noLetterIsHighlightedTwice() {
        for (var query : List.of("gradient expl", "gradient clip", "gradientclipping", "k means", "soft max", "batch norm")) {
            for (var hit : SEARCH.search(query)) {
                for (var spans : List.of(hit.title(), hit.summary())) {
                    for (int i = 1; i < spans.size(); i++) {
                        assertThat(spans.get(i).start()).as(query + ": " + marked(hit)).isGreaterThanOrEqualTo(spans.get(i - 1).end());
                    }
                }
            }
        }
    }

    private static String marked(Hit hit) {
        return marked(hit.topic().title(), hit.title()) + " | " + marked(hit.topic().summary(), hit.summary());
    }

    private static String marked(String text, List<Span> spans) {
        var marked = new StringBuilder(text);
        for (var span : spans.reversed()) {
            marked.insert(span.end(), "]").insert(span.start(), "[");
        }
        return marked.toString();
    }

    private static Topic topic(int number, String title, String slug, String summary) {
        return new Topic(number, title, slug, "concept", "core", "Area", "beginner", summary, List.of(), List.of(), List.of(),
                List.of("it runs"));
    }

    @Test void articlesAreSearchedToo() {
        var catalogue = Catalogue.of(List.of(topic(1, "One", "one", ""), topic(2, "Two", "two", "")));
        var search = TopicSearch.of(catalogue,
                slug -> slug.equals("two") ? Optional.of(new Article("two", Map.of(), "about exchangeability")) : Optional.empty());
        assertThat(search.search("exchangeab")).extracting(h -> h.topic().slug()).containsExactly("two");
    }

    @Test void aTopicThatIsNamedByTheWordsBeatsOneWhoseArticleSaysThemOften() {
        var catalogue = Catalogue.of(List.of(topic(1, "Random forest", "random-forest", ""), topic(2, "Two", "two", "")));
        var search = TopicSearch.of(catalogue, slug -> slug.equals("two")
                ? Optional.of(new Article("two", Map.of(), "forest ".repeat(50) + "random random")) : Optional.empty());
        assertThat(search.search("forest random")).extracting(h -> h.topic().slug()).containsExactly("random-forest", "two");
        assertThat(search.search("a forest of random and of tall trees", 2)).extracting(h -> h.topic().slug())
                .containsExactly("random-forest", "two");
    }

    @Test void aSentenceFindsATopicByWhatAnotherArticleSaysOfIt() {
        var catalogue = Catalogue.of(List.of(topic(1, "One", "one", ""), topic(2, "Two", "two", ""), topic(3, "Three", "three", "")));
        var search = TopicSearch.of(catalogue, slug -> slug.equals("one")
                ? Optional.of(new Article("one", Map.of(), "Nothing here. To shuffle playing cards, ask [it](three).")) : Optional.empty());
        assertThat(search.search("someone who was shuffling many playing cards")).extracting(h -> h.topic().slug()).startsWith("three");
    }

    @Test void aSentenceFindsATopicByItsStems() {
        var catalogue = Catalogue
                .of(List.of(topic(1, "One", "one", "Generalisation bounds."), topic(2, "Two", "two", "Shuffled decks of cards.")));
        assertThat(TopicSearch.of(catalogue, s -> Optional.empty()).search("how would somebody generalize beyond it"))
                .extracting(h -> h.topic().slug()).containsExactly("one");
    }

    @Test void ofTwoTopicsThatFitASentenceAlikeTheOneWithFittingNeighboursIsFirst() {
        var near = new Topic(2, "Two", "two", "concept", "core", "Area", "beginner", "Rivers and lakes", List.of(), List.of(),
                List.of("three"), List.of("it runs"));
        var catalogue = Catalogue
                .of(List.of(topic(1, "One", "one", "Rivers and lakes"), near, topic(3, "Three", "three", "Bridges cross water")));
        var found = TopicSearch.of(catalogue, s -> Optional.empty()).search("bridges crossing rivers between quiet mountain lakes");
        assertThat(found.stream().map(h -> h.topic().slug()).toList()).containsSubsequence("two", "one");
        assertThat(found).hasSize(3);
    }

    @Test void meaningsJoinIn() {
        var catalogue = Catalogue.of(List.of(topic(1, "One", "one", ""), topic(2, "Two", "two", ""), topic(3, "Three", "three", ""),
                topic(4, "Four", "four", ""), topic(5, "Five", "five", "")));
        var search = TopicSearch.of(catalogue, s -> Optional.empty(), (query, count) -> Map.of("two", 0.9, "one", 0.1));
        assertThat(search.search("a pair")).extracting(h -> h.topic().slug()).containsExactly("two");
        assertThat(search.search("three")).extracting(h -> h.topic().slug()).containsExactly("three");
        var nonsense = TopicSearch.of(catalogue, s -> Optional.empty(), (query, count) -> Map.of("two", 0.29));
        assertThat(nonsense.search("a pair")).isEmpty();
    }

    @Test void findsTheSameUnderEveryLocale() {
        var expected = SEARCH.search("INFORMATION GAIN", 5).stream().map(h -> h.topic().slug()).toList();
        LocaleHarness.everywhere(() -> {
            var search = TopicSearch.of(CATALOGUE, s -> Optional.empty());
            assertThat(search.search("INFORMATION GAIN", 1).getFirst().topic().slug()).isEqualTo("information-gain");
            assertThat(SEARCH.search("INFORMATION GAIN", 5).stream().map(h -> h.topic().slug()).toList()).isEqualTo(expected);
        });
    }
}
