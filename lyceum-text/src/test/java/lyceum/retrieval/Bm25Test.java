package lyceum.retrieval;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import lyceum.random.Rng;
import lyceum.retrieval.Bm25.Variant;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class Bm25Test {
    private static final String TOPIC = "bm25";
    private static final Golden GOLDEN = Golden.load("golden/retrieval.json");

    /** The three greatest scores, a projection of all, and the sum of their sizes. */
    static double[] trace(List<SearchHit> hits) {
        var trace = new double[5];
        for (int i = 0; i < Math.min(3, hits.size()); i++) trace[i] = hits.get(i).score();
        for (var hit : hits) {
            trace[3] += hit.score() * Math.cos(Integer.parseInt(hit.id()) % 1009 + 1.0);
            trace[4] += Math.abs(hit.score());
        }
        return trace;
    }

    static double gap(double[] own, double[] expected, int from) {
        double worst = 0, size = Math.max(1, expected[from + 4]);
        for (int k = 0; k < 5; k++) worst = Math.max(worst, Math.abs(own[k] - expected[from + k]) / (k < 3 ? 1 : size));
        return worst;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Tag("slow")
    @Test void scoresAreThoseOfNumPy() {
        var queries = GOLDEN.named("queries").texts("input.texts");
        assertThat(queries).isEqualTo(Verses.queries(307, 200, 5));
        double[][] settings = GOLDEN.named("bm25").matrix("input.variantK1BDeltaFloor"),
                traces = GOLDEN.named("bm25").matrix("expected.traces");
        double worst = 0, topTen = 0;
        for (int s = 0; s < settings.length; s++) {
            double floor = settings[s][4] == -1e9 ? Double.NEGATIVE_INFINITY : settings[s][4];
            var bm25 = new Bm25(Variant.values()[(int) settings[s][0]], settings[s][1], settings[s][2], settings[s][3], floor,
                    Map.of(InvertedIndex.TEXT, 1.0), Bm25.Norms.EXACT);
            for (int q = 0; q < queries.size(); q++) {
                if (q % 4 == 0)
                    worst = Math.max(worst, gap(trace(bm25.search(Verses.INDEX, queries.get(q), Integer.MAX_VALUE)), traces[s], 5 * q));
                var top = bm25.search(Verses.INDEX, queries.get(q), 10);
                for (int k = 0; k < Math.min(3, top.size()); k++)
                    topTen = Math.max(topTen, Math.abs(top.get(k).score() - traces[s][5 * q + k]));
            }
        }
        Evidence.of("settings of three variants, each on 200 queries over 31,102 verses", settings.length, exactly(6));
        Evidence.of("all scores of 50 of them, projected, less NumPy's", worst, atMost(1e-9));
        Evidence.of("the three greatest of the top 10 by skipping, less NumPy's", topTen, atMost(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void contributionsRiseAndSaturateAndTheCommonWordIsNegative() {
        var rng = Rng.of(2);
        int compared = 0, falling = 0, over = 0;
        for (var variant : Variant.values()) {
            for (int i = 0; i < 500; i++) {
                double k1 = 0.01 + 3 * rng.nextDouble(), b = i % 5 == 0 ? i % 2 : rng.nextDouble(), delta = 2 * rng.nextDouble(),
                        mean = 1 + 50 * rng.nextDouble();
                var bm25 = new Bm25().withVariant(variant).withK1(k1).withB(b).withDelta(delta);
                int documents = 10 + rng.nextInt(100_000);
                double idf = bm25.idf(documents, 1 + rng.nextInt(documents / 2 - 1)), length = 1 + rng.nextInt(500), last = 0;
                assertThat(idf).isPositive();
                double cap = switch (variant) {
                    case OKAPI -> idf * (k1 + 1);
                    case LUCENE -> idf;
                    case PLUS -> idf * (k1 + 1 + delta);
                };
                for (int count = 1; count <= 1000; count++, compared++) {
                    double now = bm25.contribution(idf, count, length, mean);
                    if (now <= last) falling++;
                    if (now >= cap) over++;
                    last = now;
                }
            }
        }
        Evidence.of("contributions", compared, exactly(1_500_000));
        Evidence.of("contributions that do not rise with frequency", falling, exactly(0));
        Evidence.of("contributions that reach the limit", over, exactly(0));
        var okapi = new Bm25().withVariant(Variant.OKAPI);
        int df = Verses.INDEX.documentFrequency(InvertedIndex.TEXT, "the");
        Evidence.of("share of verses with 'the'", (double) df / Verses.INDEX.size(), above(0.5));
        Evidence.of("greatest Okapi score of 'the'", okapi.search(Verses.INDEX, "the", df).getFirst().score(), below(0));
        var floored = okapi.withIdfFloor(0).search(Verses.INDEX, "the", df);
        Evidence.of("least score of 'the', floored at 0", floored.getLast().score(), exactly(0));
        assertThat(floored).hasSize(df);
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void withoutBLengthDoesNotMatter() {
        InvertedIndex plain = Verses.index(0, 3000), padded = new InvertedIndex(new TextAnalyzer());
        var rng = Rng.of(3);
        for (int i = 0; i < 3000; i++) padded.add(String.valueOf(i), Verses.TEXTS.get(i) + " zzzz".repeat(rng.nextInt(200)));
        int compared = 0, differing = 0, control = 0;
        for (var variant : Variant.values()) {
            var bm25 = new Bm25().withVariant(variant);
            for (var query : Verses.queries(33, 200, 4)) {
                var a = bm25.withB(0).search(plain, query, 3000);
                var b = bm25.withB(0).search(padded, query, 3000);
                if (!a.equals(b)) differing++;
                compared += a.size();
                if (!bm25.search(plain, query, 3000).equals(bm25.search(padded, query, 3000))) control++;
            }
        }
        Evidence.of("scores of 600 queries", compared, above(10_000));
        Evidence.of("queries whose scores change with lengths at b = 0", differing, exactly(0));
        Evidence.of("queries whose scores change with lengths at b = 0.75", control, above(300));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Tag("slow")
    @Test void skippingLosesNothing() {
        var queries = Verses.queries(4, 1000, 6);
        int differing = 0, more = 0;
        long scored = 0, all = 0;
        for (int q = 0; q < queries.size(); q++) {
            var bm25 = new Bm25().withVariant(Variant.values()[q % 3]);
            RankedHits fast = bm25.rank(Verses.INDEX, queries.get(q), 10), every = bm25.exhaustive(Verses.INDEX, queries.get(q), 10);
            if (!fast.hits().equals(every.hits())) differing++;
            if (every.scored() != every.postings() || fast.scored() > every.scored()) more++;
            scored += fast.scored();
            all += every.scored();
        }
        Evidence.of("queries", queries.size(), exactly(1000));
        Evidence.of("queries with another top 10 than by every posting", differing, exactly(0));
        Evidence.of("queries for which more postings were scored", more, exactly(0));
        Evidence.of("share of postings that were scored", (double) scored / all, below(1));
    }

    @Test void fieldsFiltersAndExplanations() {
        var index = new InvertedIndex(new TextAnalyzer());
        index.add("a", Map.of("title", "pump", "text", "the seal of the motor is worn"));
        index.add("b", Map.of("title", "motor", "text", "a pump and a pump and a seal"));
        index.add("c", Map.of("title", "other", "text", "nothing of the kind"));
        var titles = new Bm25().withFields(Map.of("title", 5.0, "text", 1.0));
        assertThat(titles.search(index, "pump", 5)).extracting(SearchHit::id).containsExactly("a", "b");
        assertThat(new Bm25().search(index, "pump", 5)).extracting(SearchHit::id).containsExactly("b");
        assertThat(titles.withFields(Map.of("title", 0.001, "text", 1.0)).search(index, "pump", 5).getFirst().id()).isEqualTo("b");
        var hit = titles.search(index, "pump seal seal", 5).getFirst();
        var parts = titles.explain(index, "pump seal seal", hit.id());
        assertThat(parts.stream().mapToDouble(Bm25.Contribution::score).sum()).isCloseTo(hit.score(), within(1e-12));
        assertThat(titles.rank(index, "pump", 5, TextQuery.not(TextQuery.term("worn"))).hits()).extracting(SearchHit::id)
                .containsExactly("b");
        assertThat(new Bm25().search(index, "absent", 5)).isEmpty();
        assertThat(new Bm25().search(index, "", 5)).isEmpty();
        assertThatThrownBy(() -> titles.explain(index, "pump", "z")).hasMessageContaining("'z'");
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> new Bm25().withK1(-1)).hasMessageContaining("k1 is -1.0");
        assertThatThrownBy(() -> new Bm25().withB(1.5)).hasMessageContaining("b is 1.5");
        assertThatThrownBy(() -> new Bm25().withDelta(Double.NaN)).hasMessageContaining("delta is NaN");
        assertThatThrownBy(() -> new Bm25().withFields(Map.of())).hasMessageContaining("no field");
        assertThatThrownBy(() -> new Bm25().withFields(Map.of("a", 0.0))).hasMessageContaining("field 'a'");
        assertThatThrownBy(() -> new Bm25().search(Verses.INDEX, "god", 0)).hasMessageContaining("k is 0");
        assertThat(new Bm25().search(new InvertedIndex(new TextAnalyzer()), "god", 3)).isEmpty();
    }
}
