package lyceum.serve;

/** How many requests are in the system, integrated over time at each event, and how long each of them was. */
final class Residence {
    private int inside;
    private long last;
    private double integral, sum;

    private void advance(long nanos) {
        if (nanos > last && inside > 0) integral += inside * 1e-9 * (nanos - last);
        last = Math.max(last, nanos);
    }

    synchronized void enter(long nanos) {
        if (inside == 0) last = nanos;
        // One that came before the last event and is told of after it was in the system in between.
        if (nanos < last) integral += 1e-9 * (last - nanos);
        advance(nanos);
        inside++;
    }

    synchronized void leave(long entered, long nanos) {
        advance(nanos);
        inside--;
        sum += 1e-9 * (nanos - entered);
    }

    /** Integral, and the sum of those who left. */
    synchronized double[] at(long nanos) {
        advance(nanos);
        return new double[] {integral, sum};
    }
}
