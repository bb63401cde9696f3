package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The likeliest sequences that a model finds, by keeping the best few beginnings at each length: of a {@link Transformer} for a source, or of anything that gives
 * {@link Steps}. One beam without length penalty, or stopping at the {@linkplain Stopping#FIRST first} end, is greedy decoding; as many as there are beginnings is
 * exhaustive search. Of equal beginnings the earlier beam and the lower token win.
 *
 * {@snippet :
 * var best = new BeamSearch(4, 0.6, 50).search(model, source, begin, end).getFirst();
 * best.tokens();
 * var diverse = new BeamSearch(6, 0, 50).withGroups(3).withDiversity(0.5);                     // three groups of two beams
 * var longer = diverse.withRule(BeamSearch.Rule.ending(10, end));                              // ten tokens before the end at least
 * }
 *
 * @param beams beginnings that are kept, at least 1
 * @param lengthPenalty alpha of the normalisation, 0 for the likelihood as it is, which favours short sequences
 * @param longest tokens at most, the end among them
 * @param normalisation by what the log-probability of a sequence is divided
 * @param stopping when a search ends before the longest
 * @param results sequences that are returned at most
 * @param groups of equally many beams, of which each is kept from the tokens that those before it took at the same step (Vijayakumar et al. 2018)
 * @param diversity what a token costs a later group for each earlier beam that took it at this step (a Hamming penalty); it orders beginnings and is part of no score
 * @param rule changes log-probabilities of next tokens: bans, forced beginnings
 * @see <a href="https://arxiv.org/abs/1609.08144">Wu et al. (2016), section 7</a>
 * @see <a href="https://arxiv.org/abs/1610.02424">Vijayakumar et al. (2018)</a>
 */
@Withers
public record BeamSearch(int beams, double lengthPenalty, int longest, Normalisation normalisation, Stopping stopping, int results,
        int groups, double diversity, Rule rule) implements BeamSearchWithers {
    public BeamSearch {
        if (beams < 1 || longest < 1 || !(lengthPenalty >= 0)) throw new IllegalArgumentException(
                "BeamSearch: beams " + beams + ", lengthPenalty " + lengthPenalty + " and longest " + longest + "; at least 1, 0 and 1");
        if (groups < 1 || beams % groups != 0 || results < 1 || !(diversity >= 0))
            throw new IllegalArgumentException("BeamSearch: " + beams + " beams in " + groups + " groups, " + results
                    + " results, diversity " + diversity + "; groups divide the beams, diversity is 0 or more");
    }

    /** The paper's normalisation, all beams' results, one group, no rule; stops when nothing better can come. */
    public BeamSearch(int beams, double lengthPenalty, int longest) {
        this(beams, lengthPenalty, longest, Normalisation.GNMT, Stopping.BOUND, beams, 1, 0, Rule.NONE);
    }

    /** What a log-probability is divided by. */
    public enum Normalisation {
        /** {@code ((5 + length) / 6)^alpha}, as in the paper. */
        GNMT,
        /** {@code length^alpha}: at 1 the mean of a token. */
        LENGTH;

        double of(int length, double alpha) { return Math.pow(this == GNMT ? (5.0 + length) / 6 : length, alpha); }
    }

    /** When to stop before the longest sequence. */
    public enum Stopping {
        /** As soon as there are as many finished sequences as beams. */
        FIRST,
        /** When no beginning can any more beat the finished sequences, of which there are as many as beams. */
        BOUND,
        /** Never. */
        NEVER
    }

    /** A model that is asked for the next token of several beginnings at once, of one source or many. */
    public interface Steps {
        /** Log-probabilities (sources, vocabulary) of first tokens. */
        double[][] begin();

        /** Log-probabilities (rows, vocabulary) of what follows: row i is the earlier row {@code parents[i]} and one more token. Caches are reordered so. */
        double[][] next(int[] parents, int[] tokens);
    }

    /** Changes log-probabilities of the next token, such as to negative infinity. */
    @FunctionalInterface
    public interface Rule {
        /** None. */
        Rule NONE = (_, _, _) -> {};

        /** @param tokens so far @param logs of the next, changed in place */
        void apply(int source, int[] tokens, double[] logs);

        /** Tokens that never come. */
        static Rule banning(int... banned) {
            return (_, _, logs) -> {
                for (int token : banned) logs[token] = Double.NEGATIVE_INFINITY;
            };
        }

        /** Every sequence begins so. */
        static Rule forcing(int... first) {
            return (_, tokens, logs) -> {
                if (tokens.length >= first.length) return;
                double kept = logs[first[tokens.length]];
                Arrays.fill(logs, Double.NEGATIVE_INFINITY);
                logs[first[tokens.length]] = kept;
            };
        }

        /** So many tokens come before the end at least. */
        static Rule ending(int least, int end) {
            return (_, tokens, logs) -> {
                if (tokens.length < least) logs[end] = Double.NEGATIVE_INFINITY;
            };
        }

        /** This rule, then another. */
        default Rule then(Rule other) {
            return (source, tokens, logs) -> {
                apply(source, tokens, logs);
                other.apply(source, tokens, logs);
            };
        }
    }

    /**
     * A sequence that was found.
     *
     * @param tokens without the beginning, with the end if it was reached
     * @param logProbability of all of them
     * @param score by which they are ranked
     * @param group that found it, from 0
     */
    public record Found(List<Integer> tokens, double logProbability, double score, int group) {}

    /** The best sequences for one source (1, S), best first. */
    public List<Found> search(Transformer model, Tensor source, int begin, int end) {
        return search(new TransformerSteps(model, source, null, begin), end).getFirst();
    }

    /** As above for many sources (batch, S) at once, of lengths (batch) or null for no padding. */
    public List<List<Found>> search(Transformer model, Tensor sources, Tensor lengths, int begin, int end) {
        return search(new TransformerSteps(model, sources, lengths, begin), end);
    }

    /** The best sequences for each source, best first, at most {@link #results}. @param end the token that finishes a sequence, or -1 */
    public List<List<Found>> search(Steps model, int end) {
        return Autograd.noGrad(() -> {
            double[][] logs = model.begin();
            var lanes = new ArrayList<BeamLane>();
            for (int s = 0; s < logs.length; s++) for (int g = 0; g < groups; g++) lanes.add(new BeamLane(this, s, g, end));
            for (int step = 1;; step++) {
                var taken = new BeamLane.Taken(logs[0].length);
                for (var lane : lanes) {
                    if (lane.group() == 0) taken.clear();
                    lane.extend(logs, taken);
                }
                int rows = 0;
                for (var lane : lanes) {
                    lane.settle(step);
                    rows += lane.live().size();
                }
                if (rows == 0 || step == longest) break;
                int[] parents = new int[rows], tokens = new int[rows];
                int row = 0;
                for (var lane : lanes) {
                    for (var beam : lane.live()) {
                        parents[row] = beam.row();
                        tokens[row] = beam.token();
                        beam.moveTo(row++);
                    }
                }
                logs = model.next(parents, tokens);
            }
            var all = new ArrayList<List<Found>>();
            for (int s = 0; s < lanes.size(); s += groups) {
                var found = new ArrayList<Found>();
                for (var lane : lanes.subList(s, s + groups)) found.addAll(lane.found());
                found.sort(Comparator.comparingDouble(Found::score).reversed());
                all.add(List.copyOf(found.subList(0, Math.min(results, found.size()))));
            }
            return all;
        });
    }

    double score(double logProbability, int length) {
        return lengthPenalty == 0 ? logProbability : logProbability / normalisation.of(length, lengthPenalty);
    }
}
