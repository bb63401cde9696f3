package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.data.SparseCounts;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.topic.CollapsedGibbs;
import lyceum.learn.topic.Completion;
import lyceum.learn.topic.LatentDirichletAllocation;
import lyceum.learn.topic.LdaModel;
import lyceum.learn.topic.TopicCoherence;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.prob.Dirichlet;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** Bars that come out of the noise sweep by sweep, and what a million words of 1961 are about. */
@Lab(topics = "lda-topic-model", title = "Ten bars and fifteen genres")
final class TopicsLab implements LabBody {
    private static final int[] SHOWN = {0, 1, 3, 10, 30, 100};

    @Override public void run(LabContext lab) {
        int documents = lab.param("documents", 200, 50, 2000), length = lab.param("words each", 80, 20, 200);
        double alpha = lab.param("alpha", 1.0, 0.05, 5.0);
        int topics = lab.param("Brown topics", 8, 2, 40), words = lab.param("Brown vocabulary", 500, 200, 2000);
        var x = bars(documents, length, lab.rng(0));
        var priors = new double[10];
        Arrays.fill(priors, alpha);
        var chain = new CollapsedGibbs(x, priors, 0.1, lab.rng(1));
        var rng = lab.rng(2);
        var frames = new ArrayList<Figure>();
        var joint = new double[SHOWN[SHOWN.length - 1] + 1];
        for (int sweep = 0; sweep < joint.length; sweep++) {
            if (Arrays.binarySearch(SHOWN, sweep) >= 0) frames.add(pictures(chain, sweep));
            joint[sweep] = chain.logJoint() / chain.tokens();
            chain.sweep(rng);
        }
        lab.figure(Figure.frames("Ten topics as the sampler sees them", "sweep", frames)
                .labelled(Arrays.stream(SHOWN).mapToObj(String::valueOf).toArray(String[]::new))
                .describedAs("Every topic is a 5 by 5 picture of its words: grey noise at first, then rows and columns."));
        lab.figure(Figure.line("Log probability of words and topics", 0, joint).axes("sweep", "nats per word")
                .describedAs("It rises steeply while topics separate, then wanders about a level: the chain has arrived."));

        var brown = Datasets.brownWords().commonest(words);
        SparseCounts train = brown.rows(every(false)), test = brown.rows(every(true));
        var model = new LatentDirichletAllocation(topics).withAlpha(0.1).withEta(0.05).withIterations(8).withSeed(lab.seed())
                .fit(train.csr());
        lab.table("What the Brown Corpus is about", List.of("topic", "likeliest words", "NPMI", "most of it in"), rows(model, train));
        double[] counts = train.csr().sum(0).toDoubleArray();
        double all = Arrays.stream(counts).sum() + 0.5 * words;
        double perplexity = model.perplexity(test.csr(), lab.rng(3));
        double unigram = Completion.of(test.csr(), lab.rng(3)).perplexity((d, w) -> (counts[w] + 0.5) / all);
        lab.say("Half of a text's words foretell the other half with a perplexity of %.0f; word frequencies alone with %.0f.", perplexity,
                unigram);
        lab.shows("words in all topics over words in all texts", Arrays.stream(chain.topicTotals()).sum() / (double) (documents * length),
                exactly(1));
        lab.shows("share of the ten bars' weight on their five best words", sharpness(chain), atLeast(0.75));
        lab.shows("perplexity over the unigram's", perplexity / unigram, atMost(0.9));
    }

    private static Csr bars(int documents, int length, Rng rng) {
        var share = new Dirichlet(1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        var x = new double[documents][25];
        for (var row : x) {
            double[] theta = share.sample(rng, 1).toDoubleArray();
            for (int t = 0; t < length; t++) {
                double u = rng.nextDouble();
                int k = 0, i = rng.nextInt(5);
                while (k < 9 && (u -= theta[k]) >= 0) k++;
                row[k < 5 ? 5 * k + i : 5 * i + k - 5]++;
            }
        }
        return Csr.fromDense(Tensor.of(x));
    }

    private static Figure pictures(CollapsedGibbs chain, int sweep) {
        var images = new ArrayList<Image>();
        var shares = chain.topicWords().to(DType.F64);
        for (int k = 0; k < 10; k++) images.add(Image.gray("topic " + (k + 1), 5, shares.select(0, k)));
        return Figure.images("After " + sweep + " sweeps", 5, images);
    }

    private static double sharpness(CollapsedGibbs chain) {
        double best = 0;
        for (double[] row : chain.topicWords().to(DType.F64).toRows()) {
            Arrays.sort(row);
            best += Arrays.stream(row).skip(20).sum() / Arrays.stream(row).sum() / 10;
        }
        return best;
    }

    private static int[] every(boolean hit) { return IntStream.range(0, 500).filter(i -> i % 5 == 0 == hit).toArray(); }

    private static List<List<Object>> rows(LdaModel model, SparseCounts texts) {
        var share = model.transform(texts.csr());
        var coherence = new TopicCoherence(texts.csr());
        var rows = new ArrayList<List<Object>>();
        for (int k = 0; k < model.nOutputs(); k++) {
            int[] top = model.topWords(k, 8);
            int text = share.select(1, k).argmax(0).toIntArray()[0];
            rows.add(List.of(k + 1, String.join(" ", IntStream.of(top).mapToObj(texts.vocabulary()::get).toList()), coherence.npmi(top),
                    texts.classNames().get(texts.labels()[text])));
        }
        return rows;
    }
}
