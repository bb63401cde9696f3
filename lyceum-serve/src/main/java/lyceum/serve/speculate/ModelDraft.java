package lyceum.serve.speculate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.llm.CausalLM;
import lyceum.llm.generate.Dry;
import lyceum.llm.generate.LogitRow;
import lyceum.llm.generate.Mirostat;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.TokenSampler;
import lyceum.llm.generate.Xtc;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Guesses of a smaller model with the same vocabulary, drawn by the request's temperature and truncation (its penalties are left to the target).
 *
 * @param model reads what the target reads
 */
public record ModelDraft(CausalLM model) implements DraftSource {
    @Override public Session start(List<int[]> prompts, List<SamplingOptions> sampling, List<Rng> streams) {
        return new Guessing(prompts, sampling, streams);
    }

    private static SamplingOptions drawing(SamplingOptions o) {
        return o.withPenalties(List.of()).withNoRepeat(0).withDry(Dry.OFF).withXtc(Xtc.OFF).withMirostat(Mirostat.OFF).withOwn(List.of());
    }

    private final class Guessing implements Session {
        private final List<int[]> unread = new ArrayList<>(); // of each text, what the cache does not hold
        private List<TokenSampler> samplers = new ArrayList<>();
        private final LogitRow row = new LogitRow(model.vocabulary());
        private long[] lengths, settled; // of the cache: all, and what is text rather than guess
        private int[][] guessed; // that the cache holds
        private CausalLM.Decoding decoding = model.begin();

        Guessing(List<int[]> prompts, List<SamplingOptions> sampling, List<Rng> streams) {
            unread.addAll(prompts);
            for (int r = 0; r < prompts.size(); r++) samplers.add(new TokenSampler(drawing(sampling.get(r)), streams.get(r)));
            lengths = new long[prompts.size()];
            settled = new long[prompts.size()];
            guessed = new int[prompts.size()][0];
        }

        @Override public List<Draft> propose(int most) {
            int rows = unread.size(), width = unread.stream().mapToInt(u -> u.length).max().orElse(0);
            long longest = Arrays.stream(lengths).max().orElse(0);
            most = (int) Math.min(most, model.contextLength() - longest - width + 1);
            var drafts = new ArrayList<Draft>();
            if (most < 1) {
                for (int r = 0; r < rows; r++) drafts.add(Draft.certain());
                return drafts;
            }
            var ids = new int[rows][most];
            var probabilities = new double[rows][most][];
            var padded = new int[rows * width];
            var places = new int[rows];
            for (int r = 0; r < rows; r++) {
                var u = unread.get(r);
                System.arraycopy(u, 0, padded, r * width, u.length);
                places[r] = u.length - 1;
                settled[r] = lengths[r] += u.length;
                unread.set(r, new int[0]);
            }
            var logits = decoding.at(Tensor.of(padded, rows, width), places);
            decoding.truncate(lengths);
            for (int t = 0;; t++) {
                double[][] z = logits.toRows();
                var drawn = new int[rows];
                for (int r = 0; r < rows; r++) {
                    row.load(z[r]);
                    if (model.startMark() >= 0 && model.startMark() != model.endMark()) row.ban(model.startMark());
                    samplers.get(r).process(row);
                    probabilities[r][t] = row.probabilities();
                    ids[r][t] = drawn[r] = row.draw(samplers.get(r).stream());
                    samplers.get(r).take(row, drawn[r]);
                }
                if (t == most - 1) break;
                logits = decoding.next(Tensor.of(drawn, rows, 1));
                for (int r = 0; r < rows; r++) lengths[r]++;
            }
            for (int r = 0; r < rows; r++) {
                guessed[r] = Arrays.copyOf(ids[r], most - 1); // the last one was not read
                drafts.add(new Draft(ids[r], probabilities[r]));
            }
            return drafts;
        }

        @Override public void advance(int r, int... ids) {
            int right = unread.get(r).length > 0 ? 0 : Math.max(0, Arrays.mismatch(guessed[r], ids));
            if (Arrays.equals(guessed[r], ids)) right = ids.length;
            lengths[r] = settled[r] += right;
            guessed[r] = new int[0];
            var before = unread.get(r);
            var after = Arrays.copyOf(before, before.length + ids.length - right);
            System.arraycopy(ids, right, after, before.length, ids.length - right);
            unread.set(r, after);
            decoding.truncate(lengths);
        }

        @Override public void keep(int... rows) {
            decoding = decoding.fork(rows);
            var kept = Arrays.stream(rows).mapToObj(unread::get).toList();
            unread.clear();
            unread.addAll(kept);
            samplers = Arrays.stream(rows).mapToObj(samplers::get).toList();
            lengths = Arrays.stream(rows).mapToLong(r -> lengths[r]).toArray();
            settled = Arrays.stream(rows).mapToLong(r -> settled[r]).toArray();
            guessed = Arrays.stream(rows).mapToObj(r -> guessed[r]).toArray(int[][]::new);
        }
    }
}
