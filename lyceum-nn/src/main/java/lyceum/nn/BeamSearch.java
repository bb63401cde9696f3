package lyceum.nn;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * The likeliest sequences that a {@link Transformer} finds for a source, by keeping the best few beginnings at each length. One beam is greedy decoding.
 *
 * {@snippet :
 * var best = new BeamSearch(4, 0.6, 50).search(model, source, begin, end).getFirst();
 * best.tokens();
 * }
 *
 * @param beams beginnings that are kept, at least 1
 * @param lengthPenalty alpha: finished sequences are ranked by {@code log p / ((5 + length) / 6)^alpha}; 0 for the likelihood as it is, which favours short ones
 * @param longest tokens at most, the end among them
 * @see <a href="https://arxiv.org/abs/1609.08144">Wu et al. (2016), section 7</a>
 */
public record BeamSearch(int beams, double lengthPenalty, int longest) {
    public BeamSearch {
        if (beams < 1 || longest < 1 || !(lengthPenalty >= 0)) throw new IllegalArgumentException(
                "BeamSearch: beams " + beams + ", lengthPenalty " + lengthPenalty + " and longest " + longest + "; at least 1, 0 and 1");
    }

    /**
     * A sequence that was found.
     *
     * @param tokens without the beginning, with the end if it was reached
     * @param logProbability of all of them
     * @param score by which they are ranked
     */
    public record Found(List<Integer> tokens, double logProbability, double score) {}

    /** @param row of the state that holds what was said so far */
    private record Beam(List<Integer> tokens, double logProbability, int row) {}

    /** The best sequences for one source (1, S), best first, at most {@code beams}. */
    public List<Found> search(Transformer model, Tensor source, int begin, int end) {
        return Autograd.noGrad(() -> {
            var finished = new ArrayList<Found>();
            var state = model.start(source, null, Pass.inference());
            var live = List.of(new Beam(List.of(), 0, 0));
            for (int step = 0; step < longest && !live.isEmpty(); step++) {
                var last = new long[live.size()];
                for (int i = 0; i < last.length; i++) last[i] = live.get(i).tokens.isEmpty() ? begin : live.get(i).tokens.getLast();
                state = state.fork(live.stream().mapToInt(Beam::row).toArray());
                double[][] logs = model.forward(Tensor.of(last, last.length, 1), state, Pass.inference()).narrow(1, 0, 1).squeeze(1)
                        .logSoftmax(-1).toRows();
                var next = new ArrayList<Beam>();
                for (var beam : extended(live, logs)) {
                    if (beam.tokens.getLast() == end) finished.add(found(beam));
                    else if (next.size() < beams) next.add(beam);
                }
                live = next;
                if (finished.size() >= beams) break;
            }
            for (var beam : live) if (finished.size() < beams) finished.add(found(beam));
            finished.sort(Comparator.comparingDouble(Found::score).reversed());
            return List.copyOf(finished.subList(0, Math.min(beams, finished.size())));
        });
    }

    /** The likeliest extensions of all beams, best first: twice as many as beams, since each of them may end. */
    private List<Beam> extended(List<Beam> live, double[][] logs) {
        var all = new ArrayList<Beam>();
        for (int i = 0; i < live.size(); i++) {
            for (int token = 0; token < logs[i].length; token++) {
                var tokens = new ArrayList<>(live.get(i).tokens);
                tokens.add(token);
                all.add(new Beam(tokens, live.get(i).logProbability + logs[i][token], i));
            }
        }
        all.sort(Comparator.comparingDouble(Beam::logProbability).reversed());
        return all.subList(0, Math.min(2 * beams, all.size()));
    }

    private Found found(Beam beam) {
        double length = Math.pow((5.0 + beam.tokens.size()) / 6, lengthPenalty);
        return new Found(List.copyOf(beam.tokens), beam.logProbability, beam.logProbability / length);
    }
}
