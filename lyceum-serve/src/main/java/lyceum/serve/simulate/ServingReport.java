package lyceum.serve.simulate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * What a simulation measured.
 *
 * @param requests in the order of the trace
 * @param steps what each did
 * @param seconds from the first arrival to the last end
 * @param inSystemSeconds time integral of the number of requests that had come and not ended, kept by events
 * @param computedTokens ids that steps computed
 * @param reusedTokens positions that were known
 * @param preemptions of all requests
 * @param keptBlocks blocks of beginnings that are kept at the end
 * @param queuedOccupancy mean share of slots that made an id in steps before the queue was empty for good
 * @param utilisation mean share of slots that made an id or read a prompt, over the time of all steps
 */
public record ServingReport(List<ServedRequest> requests, List<Step> steps, double seconds, double inSystemSeconds, long computedTokens,
        long reusedTokens, long preemptions, int keptBlocks, double queuedOccupancy, double utilisation) {

    /**
     * One step.
     *
     * @param start seconds
     * @param end seconds
     * @param decoded jobs that got an id from one position
     * @param prefilled ids of prompts
     * @param requests places in the trace of those that were computed
     */
    public record Step(double start, double end, int decoded, int prefilled, int[] requests) {
        public int tokens() { return decoded + prefilled; }
    }

    /** Ids written a second. */
    public double throughput() { return requests.stream().mapToLong(r -> r.times().length).sum() / seconds; }

    /** Requests a second of which the first id came within a time and the others within a time each: goodput. */
    public double goodput(double firstToken, double perToken) {
        return requests.stream().filter(r -> r.firstToken() <= firstToken && r.perToken() <= perToken).count() / seconds;
    }

    /** Times between neighbouring ids of one request, all requests together. */
    public double[] gaps() {
        return requests.stream().flatMapToDouble(
                r -> DoubleStream.iterate(1, i -> i < r.times().length, i -> i + 1).map(i -> r.times()[(int) i] - r.times()[(int) i - 1]))
                .toArray();
    }

    /** @param share 0.99 for p99: the smallest value that so many are not above */
    public static double percentile(double[] values, double share) {
        if (values.length == 0 || !(share > 0 && share <= 1))
            throw new IllegalArgumentException("percentile: " + share + " of " + values.length + " values; a share up to 1 of some");
        var sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.ceil(share * sorted.length) - 1];
    }

    /** Of a number of each request: {@code report.percentile(ServedRequest::latency, 0.99)}. */
    public double percentile(ToDoubleFunction<ServedRequest> of, double share) {
        return percentile(requests.stream().mapToDouble(of).toArray(), share);
    }

    /** Rows for a table: name and value. */
    public List<List<?>> rows() {
        var rows = new ArrayList<List<?>>();
        rows.add(List.of("ids a second", throughput()));
        rows.add(List.of("first id, median s", percentile(ServedRequest::firstToken, 0.5)));
        rows.add(List.of("first id, p99 s", percentile(ServedRequest::firstToken, 0.99)));
        rows.add(List.of("latency, p99 s", percentile(ServedRequest::latency, 0.99)));
        if (gaps().length > 0) rows.add(List.of("between ids, p99 s", percentile(gaps(), 0.99)));
        rows.add(List.of("slots in use", utilisation));
        return rows;
    }
}
