package lyceum.labs.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class CatalogueTest {

    private static final Catalogue CATALOGUE = Catalogue.load();

    @Test void allTopicsStandInItNumberedFromOne() {
        assertThat(CATALOGUE.topics()).extracting(Topic::number).containsExactlyElementsOf(IntStream.rangeClosed(1, 757).boxed().toList());
        assertThat(CATALOGUE.topics()).extracting(Topic::title).doesNotHaveDuplicates();
        assertThat(CATALOGUE.topics()).extracting(Topic::slug).doesNotHaveDuplicates().allMatch(s -> s.matches("[a-z0-9]+(-[a-z0-9]+)*"));
    }

    @Test void itStandsInAFileForEachModuleByNumber() throws IOException {
        try (var files = Files.list(Path.of("src/main/resources/lyceum/labs/catalogue"))) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(ModuleFiles.MODULES.stream().map(m -> m + ".json").toList());
        }
        var byModule = ModuleFiles.read("/lyceum/labs/catalogue", Topic[].class);
        assertThat(byModule).isSortedAccordingTo(
                Comparator.comparingInt((Topic t) -> ModuleFiles.MODULES.indexOf(t.module())).thenComparingInt(Topic::number));
    }

    @Test void specificationHasAsManyClausesAsItHadWhenItWasExamined() {
        assertThat(CATALOGUE.topics().stream().mapToInt(t -> t.clauses().size()).sum()).isEqualTo(3_274);
    }

    @Test void everyTopicIsWhole() {
        for (var t : CATALOGUE.topics()) {
            assertThat(t.kind()).as(t.slug()).isIn("algorithm", "concept", "data", "history", "metric", "model", "system", "technique",
                    "theory");
            assertThat(t.level()).as(t.slug()).isIn("beginner", "practitioner", "researcher");
            assertThat(t.area()).as(t.slug()).isNotBlank();
            assertThat(t.clauses()).as(t.slug()).isNotEmpty().allMatch(c -> !c.isBlank());
            assertThat(t.summary().split("\\s+")).as(t.slug() + ": words of its summary").hasSizeBetween(20, 45);
        }
        assertThat(CATALOGUE.byArea()).hasSizeBetween(25, 45);
    }

    @Test void needsAndRelatedTopicsExistAndNeedsHaveNoCycle() {
        for (var t : CATALOGUE.topics()) {
            assertThat(t.needs()).as(t.slug()).allMatch(s -> CATALOGUE.find(s).isPresent()).doesNotContain(t.slug());
            assertThat(t.related()).as(t.slug()).allMatch(s -> CATALOGUE.find(s).isPresent()).doesNotContain(t.slug());
            assertThat(CATALOGUE.depth(t.slug())).isBetween(0, 60);
        }
    }

    /** A reader who begins must not be sent to what is harder than the goal: that is related, or the level is wrong. */
    @Test void noTopicNeedsAHarderOne() {
        var levels = List.of("beginner", "practitioner", "researcher");
        var harder = new ArrayList<String>();
        for (var t : CATALOGUE.topics()) {
            t.needs().stream().filter(need -> levels.indexOf(CATALOGUE.bySlug(need).level()) > levels.indexOf(t.level())).forEach(
                    need -> harder.add(t.slug() + " (" + t.level() + ") needs " + need + " (" + CATALOGUE.bySlug(need).level() + ")"));
        }
        assertThat(harder).isEmpty();
    }

    /** Names that two fields gave to two things, or that differ by no letter or digit. */
    private static final Map<String, Set<String>> SHARED_ALIASES = Map.of("bp", Set.of("backpropagation", "belief-propagation"), "ig",
            Set.of("information-gain", "feature-attribution"), "is", Set.of("importance-sampling", "generative-metrics"), "lda",
            Set.of("lda-qda", "lda-topic-model"), "map", Set.of("map-estimation", "object-detection"), "node",
            Set.of("neuron", "neural-ode"), "humaneval", Set.of("human-evaluation", "core-llm-benchmarks"), "passk",
            Set.of("core-llm-benchmarks", "tool-benchmarks"));

    @Test void aliasBelongsToOneTopicUnlessTwoThingsAreTrulyCalledSo() {
        var owners = new HashMap<String, Set<String>>();
        CATALOGUE.topics().forEach(t -> t.aliases().forEach(a -> owners
                .computeIfAbsent(a.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]", ""), k -> new HashSet<>()).add(t.slug())));
        owners.values().removeIf(slugs -> slugs.size() < 2);
        assertThat(owners).isEqualTo(SHARED_ALIASES);
    }

    @Test void noSummarySharesEightWordsInARowWithAnotherOrWithAClause() {
        var summaries = new HashMap<String, String>();
        for (var t : CATALOGUE.topics()) {
            for (var run : eights(t.summary())) {
                var other = summaries.put(run, t.slug());
                assertThat(other == null || other.equals(t.slug())).as("'%s' in %s and %s", run, t.slug(), other).isTrue();
            }
        }
        for (var t : CATALOGUE.topics()) {
            for (var clause : t.clauses()) {
                assertThat(eights(clause)).as("a clause of %s and a summary", t.slug()).noneMatch(summaries::containsKey);
            }
        }
    }

    @Test void eightWordsAreFoundWhateverTheirHyphensAndMarks() {
        assertThat(eights("One two-three, four five six: seven eight (nine)."))
                .containsAnyElementsOf(eights("two three four five six seven eight nine"));
        assertThat(eights("one two three four five six seven")).isEmpty();
    }

    private static Set<String> eights(String text) {
        var runs = new HashSet<String>();
        for (var hyphen : List.of("", " ")) {
            var words = text.toLowerCase(Locale.ROOT).replaceAll("[-–]", hyphen).replaceAll("[^\\p{L}\\p{N}\\s]", hyphen).strip()
                    .split("\\s+");
            for (int i = 0; i + 8 <= words.length; i++) {
                runs.add(String.join(" ", List.of(words).subList(i, i + 8)));
            }
        }
        return runs;
    }

    @Test void pathHoldsWhatTheGoalNeedsEachAfterItsOwnNeeds() {
        for (var goal : List.of("multilayer-perceptron", "dpo", "k-means", "transformer")) {
            if (CATALOGUE.find(goal).isEmpty()) {
                continue;
            }
            var path = CATALOGUE.path(goal);
            assertThat(path.getLast().slug()).isEqualTo(goal);
            assertThat(path).doesNotHaveDuplicates();
            var read = new HashSet<String>();
            for (var t : path) {
                assertThat(read).as(t.slug()).containsAll(t.needs());
                read.add(t.slug());
            }
            assertThat(read).isEqualTo(closure(goal));
        }
    }

    @Test void pathLeavesOutWhatIsKnownAndWhatOnlyThatNeeds() {
        var catalogue = small(Map.of("a", List.of(), "b", List.of("a"), "c", List.of("b"), "d", List.of("c", "a")));
        assertThat(catalogue.path("d")).extracting(Topic::slug).containsExactly("a", "b", "c", "d");
        assertThat(catalogue.path("d", Set.of("c"))).extracting(Topic::slug).containsExactly("a", "d");
        assertThat(catalogue.path("a")).extracting(Topic::slug).containsExactly("a");
        assertThat(catalogue.depth("d")).isEqualTo(3);
        assertThat(catalogue.neededBy("a")).extracting(Topic::slug).containsExactlyInAnyOrder("b", "d");
    }

    @Test void cycleIsNamed() {
        var catalogue = small(Map.of("a", List.of("b"), "b", List.of("a")));
        assertThatThrownBy(() -> catalogue.path("a")).isInstanceOf(IllegalStateException.class).hasMessageContaining("needs itself");
    }

    @Test void unknownSlugOffersTheNearestNames() {
        assertThatThrownBy(() -> CATALOGUE.bySlug("k-meens")).isInstanceOf(UnknownTopicException.class)
                .hasMessageStartingWith("there is no topic 'k-meens'; did you mean k-means, ")
                .extracting(e -> ((UnknownTopicException) e).nearest().size()).isEqualTo(3);
        assertThat(CATALOGUE.nearest("gradient-decent", 1)).containsExactly("gradient-descent");
    }

    /** A million letters, compared with every name, are hours. */
    @Test
    @Timeout(60) void nameOfAnyLengthIsLookedAtByItsBeginning() {
        var title = "dangerous-capability evaluations (bio, cyber, persuasion, autonomy)";
        assertThat(CATALOGUE.nearest(title + "x".repeat(1_000_000), 1)).isEqualTo(CATALOGUE.nearest(title, 1));
        assertThatThrownBy(() -> CATALOGUE.bySlug("x".repeat(1_000_000))).message().hasSizeLessThan(300);
    }

    private static Set<String> closure(String goal) {
        var found = new HashSet<String>();
        var open = new ArrayList<>(List.of(goal));
        while (!open.isEmpty()) {
            var slug = open.removeLast();
            if (found.add(slug)) {
                open.addAll(CATALOGUE.bySlug(slug).needs());
            }
        }
        return found;
    }

    private static Catalogue small(Map<String, List<String>> needs) {
        var topics = new ArrayList<Topic>();
        needs.keySet().stream().sorted().forEach(s -> topics.add(new Topic(topics.size() + 1, s, s, "concept", "core", "Area", "beginner",
                "", List.of(), needs.get(s), List.of(), List.of("it runs"))));
        return Catalogue.of(topics);
    }
}
