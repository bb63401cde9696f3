package lyceum.data.curation;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import lyceum.FormatException;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.data.corpus.LanguageId;
import lyceum.data.corpus.Shards;
import lyceum.data.dedup.Contamination;
import lyceum.data.dedup.Deduplicator;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.ForkedJvm;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurationPipelineTest {
    static final CurationPipeline STANDARD = CurationPipeline.standard("en");

    private static final Offset<Double> EXACTLY = Offset.offset(1e-12);

    @TempDir Path folder;

    static List<Document> good() {
        var good = new ArrayList<>(Corpora.brown().toList());
        good.addAll(Corpora.kingJames().toList());
        return good;
    }

    static List<String> sentences(List<Document> documents) {
        return documents.stream().flatMap(d -> d.text().lines()).filter(l -> l.length() > 40).toList();
    }

    static List<Document> dirty(int each, long seed) {
        var rng = Rng.of(seed);
        var all = good();
        all.addAll(Junk.planted(rng, each, sentences(all)));
        Collections.shuffle(all, new Random(seed));
        return all;
    }

    private static boolean isJunk(String id) { return id.matches("(repeat|soup|boilerplate|man-..)-\\d+"); }

    @Test
    @Acceptance(topic = "data-curation", clause = 1) void plantedJunkIsDroppedAndLittleElse() {
        var dirty = dirty(150, 1);
        var dropped = new ArrayList<CurationPipeline.Rejection>();
        STANDARD.run(Corpus.of(dirty), d -> {}, dropped::add);
        double junk = dirty.stream().filter(d -> isJunk(d.id())).count();
        double hit = dropped.stream().filter(r -> isJunk(r.document().id())).count();
        assertThat(junk).isEqualTo(570);
        Evidence.of("precision of what is dropped", hit / dropped.size(), atLeast(0.95));
        Evidence.of("recall of planted junk", hit / junk, atLeast(0.90));
        assertThat(dropped).allSatisfy(r -> assertThat(r.reason()).isNotBlank());
    }

    @Test
    @Acceptance(topic = "data-curation", clause = 1) void languagesAreToldOnSnippetsOfTwoHundredCharacters() {
        var identifier = LanguageId.bundled();
        int right = 0, all = 0;
        for (var page : Junk.manPages().entrySet())
            for (var text : page.getValue())
                for (int at = 0; at + 200 <= text.length(); at += 200, all++)
                    if (identifier.identify(text.substring(at, at + 200)).language().equals(page.getKey())) right++;
        int foreign = all;
        var rng = Rng.of(2);
        for (var document : good()) for (int i = 0; i < 2 && document.text().length() > 200; i++, all++) {
            int at = rng.nextInt(document.text().length() - 199);
            if (identifier.identify(document.text().substring(at, at + 200)).language().equals("en")) right++;
        }
        Evidence.of("snippets of German, French and Spanish pages", foreign, above(1000));
        Evidence.of("snippets in all", all, above(3000));
        Evidence.of("share of snippets whose language is told", right / (double) all, atLeast(0.98));
    }

    @Test void everyLanguageAloneIsToldToo() {
        var identifier = LanguageId.bundled();
        for (var page : Junk.manPages().entrySet()) {
            int right = 0, all = 0;
            for (var text : page.getValue())
                for (int at = 0; at + 200 <= text.length(); at += 200, all++)
                    if (identifier.identify(text.substring(at, at + 200)).language().equals(page.getKey())) right++;
            assertThat(right / (double) all).as(page.getKey()).isGreaterThan(0.92);
        }
        assertThat(identifier.identify("1234 !?").language()).isEmpty();
        var own = LanguageId.train(Map.of("a", "aaa abab aab".repeat(9), "b", "bbb babb bba".repeat(9)));
        assertThat(own.identify("aab aaa").language()).isEqualTo("a");
        assertThatThrownBy(() -> new LanguageFilter("tlh")).hasMessageContaining("'tlh'");
    }

    @Test
    @Acceptance(topic = "data-curation", clause = 2) void plantedPersonalDataAreReplacedAndNumbersThatAreNoCardsStay() {
        var rng = Rng.of(3);
        var words = Corpora.brown().domain("romance").toList().get(3).text().replace('\n', ' ').split(" ");
        var planted = new ArrayList<String>();
        var innocent = new ArrayList<String>();
        var text = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            planted.add(personal(rng, i % 5));
            innocent.add(card(rng, false));
            for (int j = 0; j < 5; j++) text.append(words[(10 * i + j) % words.length]).append(' ');
            text.append(planted.get(i)).append(rng.nextInt(3) == 0 ? ", " : rng.nextInt(2) == 0 ? ". " : " ");
            for (int j = 5; j < 10; j++) text.append(words[(10 * i + j) % words.length]).append(' ');
            text.append(innocent.get(i)).append(rng.nextInt(2) == 0 ? ", " : " ");
        }
        var redaction = new PersonalData().redact(text.toString());
        int left = 0, touched = 0;
        for (var one : planted) if (redaction.text().contains(one)) left++;
        for (var one : innocent) if (!redaction.text().contains(one)) touched++;
        Evidence.of("planted strings", planted.size(), exactly(500));
        Evidence.of("of them left", left, exactly(0));
        Evidence.of("replacements", redaction.counts().values().stream().mapToInt(n -> n).sum(), exactly(500));
        Evidence.of("numbers of Luhn sums that are wrong", innocent.size(), exactly(500));
        Evidence.of("of them touched", touched, exactly(0));
        assertThat(redaction.counts()).hasSize(4);
        assertThat(new PersonalData().redact(redaction.text()).text()).isEqualTo(redaction.text());
    }

    private static String personal(Rng rng, int kind) {
        return switch (kind) {
            case 0 -> List.of("jo", "a.b-c", "max_m", "info+x").get(rng.nextInt(4)) + rng.nextInt(1000) + "@"
                    + List.of("example", "mail.example", "x-y").get(rng.nextInt(3))
                    + List.of(".org", ".co.uk", ".museum").get(rng.nextInt(3));
            case 1 -> rng.nextInt(256) + "." + rng.nextInt(256) + "." + rng.nextInt(256) + "." + rng.nextInt(256);
            case 2 -> rng.nextInt(2) == 0
                    ? "2001:db8:" + Integer.toHexString(rng.nextInt(65536)) + ":1:2:3:4:" + Integer.toHexString(rng.nextInt(65536))
                    : "fe80::" + Integer.toHexString(256 + rng.nextInt(65000)) + ":1";
            case 3 -> {
                int a = 200 + rng.nextInt(799), b = 200 + rng.nextInt(799), c = 1000 + rng.nextInt(8999);
                yield switch (rng.nextInt(4)) {
                    case 0 -> "(" + a + ") " + b + "-" + c;
                    case 1 -> a + "-" + b + "-" + c;
                    case 2 -> "+44 20 " + c + " " + (1000 + rng.nextInt(8999));
                    default -> "+1 " + a + " " + b + " " + c;
                };
            }
            default -> card(rng, true);
        };
    }

    /** Sixteen digits in a card's form; the last is Luhn's, by the sum over doubled digits as the standard words it, or another. */
    private static String card(Rng rng, boolean valid) {
        var digits = new int[16];
        digits[0] = 4 + rng.nextInt(2);
        for (int i = 1; i < 15; i++) digits[i] = rng.nextInt(10);
        int sum = 0;
        for (int i = 0; i < 15; i++) {
            int twice = i % 2 == 0 ? 2 * digits[i] : digits[i];
            sum += twice / 10 + twice % 10;
        }
        digits[15] = (10 - sum % 10) % 10;
        if (!valid) digits[15] = (digits[15] + 1 + rng.nextInt(9)) % 10;
        var between = List.of("", " ", "-").get(rng.nextInt(3));
        var text = new StringBuilder();
        for (int i = 0; i < 16; i++) text.append(i > 0 && i % 4 == 0 ? between : "").append(digits[i]);
        return text.toString();
    }

    @Test void luhnAndTheKindsToldApart() {
        assertThat(PersonalData.luhn("4539 1488 0343 6467")).isTrue();
        assertThat(PersonalData.luhn("4539 1488 0343 6476")).isFalse();
        assertThat(new PersonalData(Set.of(PersonalData.Kind.EMAIL)).redact("a@b.org 10.0.0.1").text()).isEqualTo("<EMAIL> 10.0.0.1");
        assertThat(new PersonalData().redact("version 1.2.3, 300.1.1.1, 12:30:45, std::map, in 1961-1965 and 5 1234 5678").counts())
                .isEmpty();
        var hostile = "a".repeat(200_000) + "@" + "b.".repeat(100_000) + "1 ".repeat(100_000) + "+1 ".repeat(50_000) + "::".repeat(50_000);
        assertThat(new PersonalData().redact(hostile).text()).isNotEmpty();
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "data-curation", clause = 3) void theOutcomeDoesNotDependOnThreadsAndComesOutAgainUnchanged() {
        var here = CurationMain.lines();
        int differ = 0, runs = 0;
        for (int threads : new int[] {1, 4}) {
            var result = ForkedJvm.of(CurationMain.class).withFlags("-Dlyceum.threads=" + threads).run();
            assertThat(result.exitCode()).as(result.output()).isZero();
            var lines = result.output().lines().filter(line -> line.startsWith("curated ")).toList();
            assertThat(lines).hasSameSizeAs(here);
            runs++;
            if (!lines.equals(here)) differ++;
        }
        Evidence.of("JVMs of 1 and of 4 threads", runs, exactly(2));
        Evidence.of("whose outcome differs from this one's", differ, exactly(0));
        var once = STANDARD.keep(Corpus.of(CurationMain.corpus()));
        var dropped = new ArrayList<String>();
        var twice = new ArrayList<Document>();
        var report = STANDARD.run(Corpus.of(once), twice::add, r -> dropped.add(r.document().id() + " " + r.reason()));
        Evidence.of("documents", once.size(), above(200));
        Evidence.of("documents that a second pass drops", dropped.size(), exactly(0));
        Evidence.of("documents that a second pass changes", report.stages().stream().mapToLong(CurationReport.StageReport::changed).sum(),
                exactly(0));
        assertThat(twice).isEqualTo(once);
    }

    @Test
    @Acceptance(topic = "data-curation", clause = 4) void aModelOfFilteredTextPredictsBetterThanOneOfAsMuchUnfiltered() {
        var rng = Rng.of(5);
        var parts = Corpora.brown().split(3, 0.6, 0.4);
        var train = new ArrayList<>(parts.get(0).limit(95).toList());
        train.addAll(Corpora.kingJames().limit(120).toList());
        var heldOut = new ArrayList<>(parts.get(1).limit(60).toList());
        heldOut.addAll(Corpora.kingJames().toList().subList(600, 660));
        var dirty = new ArrayList<>(train);
        dirty.addAll(Junk.planted(rng, 60, sentences(train)));
        Collections.shuffle(dirty, new Random(5));
        var kept = Corpus.of(STANDARD.keep(Corpus.of(dirty)));
        var filtered = NgramModel.train(kept, 3);
        var unfiltered = NgramModel.train(Corpus.of(dirty), 3, filtered.words());
        double p = filtered.perplexity(Corpus.of(heldOut)), q = unfiltered.perplexity(Corpus.of(heldOut));
        Evidence.of("megabytes of filtered text", kept.toList().stream().mapToLong(Document::bytes).sum() / 1e6, atLeast(1));
        Evidence.of("words that the one learned less words that the other did", filtered.words() - unfiltered.words(), exactly(0));
        Evidence.of("held-out perplexity of filtered over unfiltered", p / q, atMost(0.95));
    }

    @Test void theAccountsBalance() {
        var kept = new ArrayList<Document>();
        var dropped = new ArrayList<CurationPipeline.Rejection>();
        var dirty = dirty(20, 6).subList(0, 600);
        var report = STANDARD.run(Corpus.of(dirty), kept::add, dropped::add);
        long in = dirty.size();
        for (var stage : report.stages()) {
            assertThat(stage.in()).isEqualTo(in);
            assertThat(stage.rules().values().stream().mapToLong(n -> n).sum()).isEqualTo(stage.dropped())
                    .isEqualTo(dropped.stream().filter(r -> r.stage().equals(stage.name())).count());
            in -= stage.dropped();
        }
        assertThat(report.documentsOut()).isEqualTo(in).isEqualTo(kept.size());
        assertThat(report.toString()).contains("quality rules");
    }

    @Test void stagesOfOnesOwnAndScoresDecideToo() {
        var corpus = Corpora.brown().limit(30);
        var model = NgramModel.train(corpus, 2);
        var odd = Document.of("odd", "xqz wvk ".repeat(50));
        var pipeline = new CurationPipeline(ScoreFilter.atLeast("fluency", model, -8), new BlockedWords(Set.of("Damn"), 0),
                Stage.named("even", d -> d.id().endsWith("2") ? Stage.Judgement.drop("even", "its id ends in 2") : Stage.Judgement.keep(d)),
                Stage.contamination(Contamination.of(corpus.limit(1), 13)));
        var rules = new TreeMap<String, String>();
        var kept = new ArrayList<Document>();
        pipeline.run(
                Corpus.concat(
                        List.of(corpus.limit(5), Corpus.of(List.of(odd, Document.of("rude", corpus.toList().get(7).text() + " Damn!"))))),
                kept::add, r -> rules.put(r.document().id(), r.reason()));
        assertThat(rules).hasSize(4).containsKeys("odd", "rude", "ca02", "ca01");
        assertThat(rules.get("odd")).startsWith("fluency -").endsWith("kept are -8.000 to Infinity");
        assertThat(kept).extracting(Document::id).containsExactly("ca03", "ca04", "ca05");
        assertThat(pipeline.without("even").keep(corpus.limit(2))).extracting(Document::id).containsExactly("ca02");
        assertThatThrownBy(() -> pipeline.without("none")).hasMessageContaining("no stage 'none'");
        assertThatThrownBy(() -> STANDARD.run(corpus, d -> {}, r -> {}, ((Progress) u -> {}).stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
    }

    @Test void cutsOfTheDeduplicatorReachTheKeptTexts() {
        var shared = Corpora.brown().toList().get(9).text().substring(0, 900);
        var corpus = Corpus.of(List.of(Document.of("a", "One begins so.\n" + shared),
                Document.of("b", "Another one begins quite differently.\n" + shared)));
        var kept = new ArrayList<Document>();
        var report = new CurationPipeline().withDeduplicator(new Deduplicator().withThreshold(1).withRun(30)).run(corpus, kept::add,
                r -> {});
        assertThat(report.stages().getLast().bytesOut()).isEqualTo(report.bytesOut())
                .isEqualTo(kept.stream().mapToLong(Document::bytes).sum()).isLessThan(report.bytes() - 500);
        assertThat(report.stages().getLast().changed()).isEqualTo(1);
        assertThat(kept).hasSize(2);
        assertThat(kept.stream().filter(d -> d.text().contains(shared.substring(100, 300))).count()).isEqualTo(1);
    }

    /** Few paragraphs repeat, but these are long: 2 of 12, of 24 characters each, among nine of 6. */
    @Test void longParagraphsThatRepeatAreDropped() {
        var text = new StringBuilder();
        for (int i = 0; i < 9; i++) text.append("para ").append((char) ('a' + i)).append("\n\n");
        var document = Document.of("p", text + "a longer one of 24 chars\n\n".repeat(3));
        var rules = new RepetitionRules().withMostLines(1).withMostLineCharacters(1).withTolerance(100);
        var judgement = rules.judge(document);
        assertThat(judgement.isKept()).isFalse();
        assertThat(judgement.rule()).isEqualTo("characters in repeated paragraphs");
        double share = 2 * 24 / (9 * 6 + 3 * 24.0);
        assertThat(rules.withMostParagraphCharacters(share + 1e-9).judge(document).isKept()).isTrue();
        assertThat(rules.withMostParagraphCharacters(share - 1e-9).judge(document).isKept()).isFalse();
    }

    @Test void aClassifierTellsGoodFromBadAndIsSaved() {
        var rng = Rng.of(7);
        var sentences = sentences(Corpora.brown().limit(50).toList());
        var bad = new ArrayList<Document>();
        for (int i = 0; i < 150; i++) bad.add(Document.of("s" + i, Junk.spam(rng, 0, sentences)));
        var good = Corpora.brown().split(1, 0.5, 0.5);
        var classifier = QualityClassifier.train(good.get(0), Corpus.of(bad), 1);
        long wrong = good.get(1).toList().stream().filter(d -> classifier.score(d.text()) < 0.5).count();
        assertThat(wrong).isLessThanOrEqualTo(3);
        int caught = 0;
        for (int i = 0; i < 100; i++) if (classifier.score(Junk.spam(rng, 1, sentences)) < 0.5) caught++;
        assertThat(caught).isGreaterThanOrEqualTo(95);
        var file = folder.resolve("c.safetensors");
        classifier.save(file);
        assertThat(QualityClassifier.load(file).score("an offer of money")).isEqualTo(classifier.score("an offer of money"));
        assertThat(QualityClassifier.train(good.get(0), Corpus.of(bad), 1).score("you")).isEqualTo(classifier.score("you"));
        Shards.jsonl(Corpora.brown().limit(1), folder.resolve("x"));
        assertThatThrownBy(() -> QualityClassifier.load(folder.resolve("x"))).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> QualityClassifier.train(Corpus.of(List.of()), Corpus.of(bad), 1)).hasMessageContaining("0 good");
    }

    /** By definition, on a text of five words: sums over all histories are one, and the numbers are those of Witten and Bell's formula. */
    @Test void theModelIsWittenAndBells() {
        var model = NgramModel.train(Corpus.of(List.of(Document.of("x", "a b a b c"))), 2);
        double unigramA = (2 + 3 / 4.0) / 8, unigramC = (1 + 3 / 4.0) / 8, unknown = 3 / 4.0 / 8;
        assertThat(Math.exp(model.score("a"))).isCloseTo((1 + unigramA) / 2, EXACTLY);
        assertThat(2 * model.score("a c")).isCloseTo(Math.log((1 + unigramA) / 2) + Math.log((0 + unigramC) / 3), EXACTLY);
        assertThat(2 * model.score("z z")).isCloseTo(Math.log(unknown / 2) + Math.log(unknown), EXACTLY);
        assertThat(model.vocabulary()).isEqualTo(3);
        assertThat(model.perplexity(Corpus.of(List.of(Document.of("y", "a c"))))).isCloseTo(Math.exp(-model.score("a c")), EXACTLY);
    }
}
