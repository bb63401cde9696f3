package lyceum.labs.data;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.data.dedup.Deduplicator;
import lyceum.data.dedup.MinHashLsh;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.random.Rng;

/** The S-curve of banding, measured over theory; then copies among documents, found without comparing all. */
@Lab(topics = "minhash-lsh", title = "A step made of hash tables")
final class MinHashLab implements LabBody {
    @Override public void run(LabContext lab) {
        int bands = lab.param("bands", 20, 1, 60), rows = lab.param("rows a band", 5, 1, 12);
        int pairs = lab.param("pairs a similarity", 400, 100, 5000), documents = lab.param("documents", 2000, 500, 10_000);
        var lsh = new MinHashLsh(bands, rows);
        double[] similarity = new double[19], rate = new double[19];
        double worst = 0;
        for (int i : lab.progress("similarities", 19)) {
            similarity[i] = (i + 1) / 20.0;
            rate[i] = rate(lsh, i + 1, pairs, lab.rng(i));
            worst = Math.max(worst, Math.abs(rate[i] - lsh.candidateProbability(similarity[i])));
        }
        lab.figure(Figure.plot("Share of pairs that become candidates").points("measured", similarity, rate)
                .line("1 - (1 - s^r)^b", 0, 1, lsh::candidateProbability).verticalLine(lsh.step(), "(1/b)^(1/r)")
                .axes("Jaccard similarity s", "share of pairs")
                .describedAs("An S: next to nothing below the step, next to everything above it; the points lie on the curve."));
        lab.shows("largest distance of a point from the curve", worst, below(4 * 0.5 / Math.sqrt(pairs)));

        var sentences = Corpora.brown().limit(documents / 20).stream().flatMap(d -> d.text().lines()).toList();
        var rng = lab.rng(100);
        var all = new ArrayList<Document>();
        for (int i = 0; i < documents; i++)
            all.add(Document.of("d" + i, i % 5 == 4 ? edited(all.get(rng.nextInt(i)).text(), rng) : text(sentences, 3 * i)));
        var result = new Deduplicator().withLsh(lsh).deduplicate(Corpus.of(all));
        double every = documents * (documents - 1.0) / 2;
        lab.table("Among " + documents + " documents, a fifth of them edited copies", List.of("", "count"),
                List.of(List.of("pairs", (long) every), List.of("pairs compared", result.report().pairsCompared()),
                        List.of("clusters", result.clusters().size()), List.of("documents dropped", result.dropped().size())));
        lab.say("%,d of %,d pairs were looked at. The rest never met in a bucket.", result.report().pairsCompared(), (long) every);
        if (bands == 20 && rows == 5) {
            lab.shows("share of pairs compared", result.report().pairsCompared() / every, below(0.01));
            lab.shows("documents dropped over copies made", result.dropped().size() / (documents / 5.0), above(0.5));
        }
    }

    private static double rate(MinHashLsh lsh, int twentieths, int pairs, Rng rng) {
        int found = 0;
        for (int seed = 0; seed < 5; seed++) {
            try (var index = lsh.withSeed(rng.nextLong()).index()) {
                for (int p = 0; p < pairs / 5; p++) {
                    long[] a = rng.longs(40 + twentieths * 2).toArray(), b = rng.longs(40 + twentieths * 2).toArray();
                    System.arraycopy(a, 0, b, 0, 4 * twentieths);
                    index.add(a);
                    index.add(b);
                }
                for (long pair : index.candidates()) if ((pair >>> 32) % 2 == 0 && (int) pair == (int) (pair >>> 32) + 1) found++;
            }
        }
        return found / (double) (pairs / 5 * 5);
    }

    private static String text(List<String> sentences, int at) {
        return String.join(" ", sentences.subList(at % (sentences.size() - 3), at % (sentences.size() - 3) + 3)) + " " + at;
    }

    private static String edited(String text, Rng rng) {
        var words = text.split(" ");
        words[rng.nextInt(words.length)] = "edited";
        return String.join(" ", words);
    }
}
