package lyceum.models.audio;

import java.util.Arrays;
import lyceum.nn.BeamSearch;

/**
 * What a {@link Whisper} may write next, as log-probabilities that are set to negative infinity and normalised again. With times: the first
 * token is a time, not too late; times come in pairs, except for one before the end; none is before the last one, and a segment's end is after
 * its start; and where all times together are likelier than every text and than the end, a time comes. Marks other than the end and times
 * never come.
 *
 * @param tokens what the numbers mean
 * @param timestamps whether times are written at all
 * @param firstTime the latest first time in seconds
 * @see <a href="https://arxiv.org/abs/2212.04356">Radford et al. (2023), section 4.5</a>
 */
public record TimestampRules(WhisperTokens tokens, boolean timestamps, double firstTime) implements BeamSearch.Rule {
    private static final double NEVER = Double.NEGATIVE_INFINITY;

    @Override public void apply(int source, int[] written, double[] logs) {
        Arrays.fill(logs, tokens.begin(), tokens.firstTime(), NEVER);
        if (timestamps) times(written, logs);
        else Arrays.fill(logs, tokens.firstTime(), tokens.count(), NEVER);
        if (written.length == 0) logs[tokens.end()] = NEVER;
        double sum = sum(logs, 0, logs.length);
        if (sum > NEVER) for (int i = 0; i < logs.length; i++) logs[i] -= sum;
    }

    private void times(int[] written, double[] logs) {
        int first = tokens.firstTime(), n = written.length;
        boolean time = n > 0 && tokens.isTime(written[n - 1]), pair = time && (n < 2 || tokens.isTime(written[n - 2]));
        if (n == 0) {
            Arrays.fill(logs, 0, first, NEVER);
            Arrays.fill(logs, Math.min(tokens.count(), tokens.time(firstTime) + 1), tokens.count(), NEVER);
            return;
        }
        if (pair) Arrays.fill(logs, first, tokens.count(), NEVER); // a segment has begun
        else if (time) Arrays.fill(logs, 0, tokens.end(), NEVER); // one has ended: the next begins, or nothing comes
        int last = -1;
        for (int token : written) if (tokens.isTime(token)) last = token;
        if (last >= 0) Arrays.fill(logs, first, Math.min(tokens.count(), time && !pair ? last : last + 1), NEVER);
        if (sum(logs, first, tokens.count()) > Arrays.stream(logs, 0, first).max().orElse(NEVER)) Arrays.fill(logs, 0, first, NEVER);
    }

    private static double sum(double[] logs, int from, int to) {
        double most = NEVER, sum = 0;
        for (int i = from; i < to; i++) most = Math.max(most, logs[i]);
        if (most == NEVER) return NEVER;
        for (int i = from; i < to; i++) sum += Math.exp(logs[i] - most);
        return most + Math.log(sum);
    }
}
