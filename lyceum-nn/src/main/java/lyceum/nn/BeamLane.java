package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** The beams of one group of one source. */
final class BeamLane {

    /** A beginning, by its last token and what stood before it. */
    static final class Beam {
        private final Beam before;
        private final int token, length;
        private final double logProbability;
        private int row;

        Beam(Beam before, int token, int length, double logProbability, int row) {
            this.before = before;
            this.token = token;
            this.length = length;
            this.logProbability = logProbability;
            this.row = row;
        }

        /** Row of the model's state that holds what came before the token; after {@link #moveTo} that with the token. */
        int row() { return row; }

        int token() { return token; }

        void moveTo(int row) { this.row = row; }

        int[] tokens() {
            var tokens = new int[length];
            for (var b = this; b.length > 0; b = b.before) tokens[b.length - 1] = b.token;
            return tokens;
        }
    }

    /** How often earlier groups of the source took each token at this step. */
    static final class Taken {
        private final int[] times, which;
        private int size;

        Taken(int vocabulary) {
            times = new int[vocabulary];
            which = new int[vocabulary];
        }

        void clear() { while (size > 0) times[which[--size]] = 0; }

        void add(int token) { if (times[token]++ == 0) which[size++] = token; }
    }

    private final BeamSearch search;
    private final int source, group, end, width;
    private final List<BeamSearch.Found> finished = new ArrayList<>();
    private List<Beam> live;
    // the best candidates so far as a heap, the worst on top
    private final double[] scores;
    private final long[] places; // beam * vocabulary + token
    private int size;

    BeamLane(BeamSearch search, int source, int group, int end) {
        this.search = search;
        this.source = source;
        this.group = group;
        this.end = end;
        width = search.beams() / search.groups();
        scores = new double[2 * width];
        places = new long[2 * width];
        live = List.of(new Beam(null, -1, 0, 0, source));
    }

    int group() { return group; }

    List<Beam> live() { return live; }

    /** The likeliest extensions of all beams: twice as many as beams, since each of them may end. An end counts where it is among the best {@code width}. */
    void extend(double[][] logs, Taken taken) {
        size = 0;
        int vocabulary = logs[0].length;
        double[][] rows = new double[live.size()][];
        for (int b = 0; b < rows.length; b++) {
            var beam = live.get(b);
            double[] row = logs[beam.row];
            if (search.rule() != BeamSearch.Rule.NONE) search.rule().apply(source, beam.tokens(), row = row.clone());
            rows[b] = row;
            for (int token = 0; token < vocabulary; token++) {
                double score = beam.logProbability + row[token] - search.diversity() * taken.times[token];
                if (size == scores.length && score <= scores[0]) continue;
                if (score > Double.NEGATIVE_INFINITY) offer(score, (long) b * vocabulary + token);
            }
        }
        var next = new ArrayList<Beam>();
        var order = sorted();
        for (int rank = 0; rank < order.length && next.size() < width; rank++) {
            int b = (int) (order[rank] / vocabulary), token = (int) (order[rank] % vocabulary);
            var beam = live.get(b);
            var longer = new Beam(beam, token, beam.length + 1, beam.logProbability + rows[b][token], beam.row);
            if (token != end) next.add(longer);
            else if (rank < width) finished.add(found(longer));
            else continue;
            taken.add(token);
        }
        live = next;
    }

    private void offer(double score, long place) {
        int at;
        if (size < scores.length) {
            for (at = size++; at > 0 && worse(score, place, (at - 1) / 2); at = (at - 1) / 2) move(at, (at - 1) / 2);
        } else {
            at = 0;
            for (int child; (child = 2 * at + 1) < size; at = child) {
                if (child + 1 < size && worse(scores[child + 1], places[child + 1], child)) child++;
                if (worse(score, place, child)) break;
                move(at, child);
            }
        }
        scores[at] = score;
        places[at] = place;
    }

    private boolean worse(double score, long place, int than) {
        return score < scores[than] || score == scores[than] && place > places[than];
    }

    private void move(int to, int from) {
        scores[to] = scores[from];
        places[to] = places[from];
    }

    /** Places of the candidates, the best first. */
    private long[] sorted() {
        var order = new long[size];
        for (int n = size; n > 0; n--) {
            order[n - 1] = places[0];
            double score = scores[n - 1];
            long place = places[n - 1];
            size = n - 1; // the worst has gone; the last takes its place
            int at = 0;
            for (int child; (child = 2 * at + 1) < size; at = child) {
                if (child + 1 < size && worse(scores[child + 1], places[child + 1], child)) child++;
                if (worse(score, place, child)) break;
                move(at, child);
            }
            scores[at] = score;
            places[at] = place;
        }
        return order;
    }

    /** After a step: the beams end where the length or the rule of stopping says so. */
    void settle(int length) {
        if (live.isEmpty()) return;
        if (length == search.longest()) {
            for (var beam : live) finished.add(found(beam));
            live = List.of();
        } else if (finished.size() >= width && stops()) {
            live = List.of();
        }
    }

    private boolean stops() {
        if (search.stopping() != BeamSearch.Stopping.BOUND) return search.stopping() == BeamSearch.Stopping.FIRST;
        double best = Double.NEGATIVE_INFINITY; // with every further token certain, at the length that flatters most
        for (var beam : live)
            best = Math.max(best,
                    Math.max(search.score(beam.logProbability, search.longest()), search.score(beam.logProbability, beam.length + 1)));
        var scores = finished.stream().mapToDouble(BeamSearch.Found::score).sorted().toArray();
        return best <= scores[scores.length - width];
    }

    /** Finished sequences, the best {@code beams} of the group. */
    List<BeamSearch.Found> found() {
        finished.sort(Comparator.comparingDouble(BeamSearch.Found::score).reversed());
        return finished.subList(0, Math.min(width, finished.size()));
    }

    private BeamSearch.Found found(Beam beam) {
        return new BeamSearch.Found(Arrays.stream(beam.tokens()).boxed().toList(), beam.logProbability,
                search.score(beam.logProbability, beam.length), group);
    }
}
