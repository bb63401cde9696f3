package lyceum.nn;

import static java.lang.Double.NEGATIVE_INFINITY;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.loss.CtcDecoder.Hypothesis;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The two small networks of a transducer: {@link Prediction} reads the labels written so far, and a joint network adds what it says to an encoder's frame,
 * {@code logSoftmax(out tanh(encoder frame + prediction))}.
 *
 * {@snippet :
 * var transducer = new Transducer(64, 30, 128, rng);             // frames of 64, 29 labels and the blank, 128 inside
 * var logProbs = transducer.logProbs(encoded, labels);           // (batch, time, 64) to (batch, time, labels + 1, 30)
 * new TransducerLoss().of(logProbs, frameCounts, labels).backward();
 * int[] text = transducer.greedy(encoded.get(0), 5);
 * var best = transducer.beam(encoded.get(0), 8, 5).getFirst();
 * }
 *
 * <p>Class 0 is the blank. As a layer, the log probabilities with nothing written.
 */
public final class Transducer extends Module {
    private final Prediction prediction;
    private final Linear encoder, output;

    /**
     * What the last labels say of the next: their embeddings side by side, through one layer. Without a state, two labels back are nearly as good as an
     * LSTM, and equal endings of hypotheses can be told by eye (Ghodsi, Liu, Apfel, Cabrera and Weinstein 2020).
     */
    public static final class Prediction extends Module {
        private final Embedding embedding;
        private final Linear hidden;
        private final int context;

        /** @param context labels seen, at least 1 */
        public Prediction(int classes, int width, int context, Rng rng) {
            if (context < 1) throw new IllegalArgumentException("Transducer.Prediction: context is " + context + "; it is at least 1");
            this.context = context;
            embedding = new Embedding(classes, width, rng);
            hidden = new Linear((long) context * width, width, rng);
        }

        /** From the last labels (.., context), blanks before the first, to (.., width). */
        @Override protected Tensor compute(Tensor labels, Pass pass) {
            var e = embedding.forward(labels, pass);
            var shape = Arrays.copyOf(labels.shape().toArray(), labels.rank());
            shape[shape.length - 1] = e.size(-1) * context;
            return hidden.forward(e.reshape(shape), pass);
        }

        /** The last labels where u of a text are written. */
        private int[] context(int[] labels, int u) {
            var last = new int[context];
            for (int i = Math.max(0, context - u); i < context; i++) last[i] = labels[u - context + i];
            return last;
        }
    }

    /** F32, a context of two labels. */
    public Transducer(int encoderWidth, int classes, int width, Rng rng) {
        prediction = new Prediction(classes, width, 2, rng);
        encoder = new Linear(encoderWidth, width, rng);
        output = new Linear(width, classes, rng);
    }

    @Override protected Tensor compute(Tensor encoded, Pass pass) {
        var none = new int[(int) encoded.size(0)][0];
        return logProbs(encoded, none, pass).squeeze(2);
    }

    /** {@link #logProbs(Tensor, int[][], Pass)}, predicting. */
    public Tensor logProbs(Tensor encoded, int[][] labels) { return logProbs(encoded, labels, Pass.inference()); }

    /**
     * @param encoded (batch, time, encoder width)
     * @param labels of each item, classes above 0
     * @return (batch, time, most labels + 1, classes)
     */
    public Tensor logProbs(Tensor encoded, int[][] labels, Pass pass) {
        if (encoded.rank() != 3 || encoded.size(0) != labels.length) throw new ShapeException(
                "Transducer: encoded " + encoded.shape() + " and " + labels.length + " label sequences; they are (batch, time, width)");
        int most = Arrays.stream(labels).mapToInt(l -> l.length).max().orElse(0), c = prediction.context;
        var contexts = new int[labels.length * (most + 1) * c];
        for (int n = 0; n < labels.length; n++)
            for (int u = 0; u <= labels[n].length; u++)
                System.arraycopy(prediction.context(labels[n], u), 0, contexts, (n * (most + 1) + u) * c, c);
        var said = prediction.forward(Tensor.of(contexts, labels.length, most + 1, c), pass);
        return join(encoder.forward(encoded, pass).unsqueeze(2), said.unsqueeze(1), pass);
    }

    private Tensor join(Tensor frame, Tensor said, Pass pass) { return output.forward(frame.add(said).tanh(), pass).logSoftmax(-1); }

    /** Writes the best label until the blank is better, frame by frame. */
    public int[] greedy(Tensor encoded, int mostPerFrame) {
        double[][] frames = frames(encoded, mostPerFrame);
        var labels = new int[frames.length * mostPerFrame];
        int n = 0;
        for (int t = 0; t < frames.length; t++) for (int i = 0; i < mostPerFrame; i++) {
            double[] p = next(frames[t], Arrays.copyOf(labels, n));
            int best = 0;
            for (int k = 1; k < p.length; k++) if (p[k] > p[best]) best = k;
            if (best == 0) break;
            labels[n++] = best;
        }
        return Arrays.copyOf(labels, n);
    }

    /**
     * Beam search frame by frame, in which the walks of equal texts are added up (Saon, Tüske and Audhkhasi 2020).
     *
     * @param encoded (time, encoder width)
     * @param width texts kept
     * @param mostPerFrame labels written in a frame at most
     * @return the best first
     */
    public List<Hypothesis> beam(Tensor encoded, int width, int mostPerFrame) {
        if (width < 1) throw new IllegalArgumentException("Transducer.beam: width is " + width + "; it is at least 1");
        double[][] frames = frames(encoded, mostPerFrame);
        Map<List<Integer>, Double> beam = Map.of(List.of(), 0.0);
        for (var frame : frames) {
            var done = new LinkedHashMap<List<Integer>, Double>();
            var current = beam;
            for (int i = 0; i <= mostPerFrame && !current.isEmpty(); i++) {
                var longer = new LinkedHashMap<List<Integer>, Double>();
                for (var of : current.entrySet()) {
                    double[] p = next(frame, of.getKey().stream().mapToInt(Integer::intValue).toArray());
                    done.merge(of.getKey(), of.getValue() + p[0], Transducer::logAdd);
                    for (int k = 1; k < p.length && i < mostPerFrame; k++) {
                        var text = new ArrayList<>(of.getKey());
                        text.add(k);
                        longer.merge(text, of.getValue() + p[k], Transducer::logAdd);
                    }
                }
                current = best(longer, width);
            }
            beam = best(done, width);
        }
        return beam.entrySet().stream().map(e -> new Hypothesis(e.getKey().stream().mapToInt(Integer::intValue).toArray(), e.getValue()))
                .toList();
    }

    private static Map<List<Integer>, Double> best(Map<List<Integer>, Double> all, int width) {
        var kept = new LinkedHashMap<List<Integer>, Double>();
        all.entrySet().stream().sorted(Comparator.comparingDouble(e -> -e.getValue())).limit(width)
                .forEach(e -> kept.put(e.getKey(), e.getValue()));
        return kept;
    }

    private static double logAdd(double a, double b) {
        double top = Math.max(a, b);
        return top == NEGATIVE_INFINITY ? top : top + Math.log1p(Math.exp(Math.min(a, b) - top));
    }

    /** The frames as the joint network has them. */
    private double[][] frames(Tensor encoded, int mostPerFrame) {
        if (encoded.rank() != 2) throw new ShapeException("Transducer: encoded " + encoded.shape() + "; it is (time, width)");
        if (mostPerFrame < 1)
            throw new IllegalArgumentException("Transducer: " + mostPerFrame + " labels a frame at most; it is at least 1");
        return Autograd.noGrad(() -> encoder.forward(encoded).to(DType.F64).toRows());
    }

    private double[] next(double[] frame, int[] labels) {
        var context = prediction.context(labels, labels.length);
        return Autograd
                .noGrad(() -> join(Tensor.of(frame).to(output.weight().dtype()), prediction.forward(Tensor.of(context)), Pass.inference())
                        .toDoubleArray());
    }
}
