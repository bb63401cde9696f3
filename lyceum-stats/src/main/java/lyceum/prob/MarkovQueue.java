package lyceum.prob;

import lyceum.random.Rng;

/**
 * The queue M/M/c: customers come as a {@link PoissonProcess}, wait in one line for the first of c servers, and are served for exponential
 * times.
 *
 * {@snippet :
 * var desk = new MarkovQueue(0.8, 1, 1);
 * desk.meanNumber();                              // rho / (1 - rho) = 4
 * desk.simulate(Rng.of(1), 100_000).meanNumber();
 * new MarkovQueue(1.6, 1, 2).meanWait();          // two desks for twice the customers: a shorter wait
 * }
 *
 * @param arrivalRate customers per unit of time, positive
 * @param serviceRate customers that a busy server finishes per unit of time, positive
 * @param servers at least 1
 * @see <a href="https://doi.org/10.1002/9781119453765">Shortle, Thompson, Gross and Harris (2018), Fundamentals of Queueing Theory,
 * chapter 3</a>
 */
public record MarkovQueue(double arrivalRate, double serviceRate, int servers) {
    public MarkovQueue {
        Arguments.positive("MarkovQueue", "arrival rate", arrivalRate);
        Arguments.positive("MarkovQueue", "service rate", serviceRate);
        if (servers < 1) throw new IllegalArgumentException("MarkovQueue: servers is " + servers + "; at least one is needed");
    }

    /** {@code rho}, the share of time that a server works; at 1 and above the line grows without end. */
    public double load() { return arrivalRate / (serviceRate * servers); }

    /** Erlang's C: the probability that a customer has to wait, in the long run. @throws IllegalStateException if the load is 1 or more */
    public double waitProbability() {
        if (!(load() < 1)) throw new IllegalStateException("MarkovQueue: the load is " + load() + "; at 1 and above there is no long run");
        double offered = arrivalRate / serviceRate, lost = 1; // Erlang's B, server by server: the share lost if nobody waited
        for (int k = 1; k <= servers; k++) lost = offered * lost / (k + offered * lost);
        return lost / (1 - load() * (1 - lost));
    }

    /** Customers present, waiting or being served, in the long run. @throws IllegalStateException as {@link #waitProbability} */
    public double meanNumber() { return waitProbability() * load() / (1 - load()) + arrivalRate / serviceRate; }

    /** Time in line in the long run, 0 for those served at once. @throws IllegalStateException as {@link #waitProbability} */
    public double meanWait() { return waitProbability() / (servers * serviceRate - arrivalRate); }

    /** So many customers, from an empty start, first come first served. The time is linear in customers times servers. */
    public Run simulate(Rng rng, int customers) {
        Arguments.count("simulate", "customers", customers);
        double[] arrivals = new double[customers], starts = new double[customers], departures = new double[customers],
                free = new double[servers];
        double now = 0;
        for (int i = 0; i < customers; i++) {
            now -= Math.log(rng.nextDoublePositive()) / arrivalRate;
            int first = 0;
            for (int s = 1; s < servers; s++) if (free[s] < free[first]) first = s;
            arrivals[i] = now;
            starts[i] = Math.max(now, free[first]);
            departures[i] = free[first] = starts[i] - Math.log(rng.nextDoublePositive()) / serviceRate;
        }
        return new Run(arrivals, starts, departures);
    }

    /** What happened, in the order of arrival. Arrays are not copied. @param starts when service began */
    public record Run(double[] arrivals, double[] starts, double[] departures) {
        /** Customers present, averaged over the time to the last arrival. */
        public double meanNumber() {
            double end = arrivals[arrivals.length - 1], area = 0;
            for (int i = 0; i < arrivals.length; i++) area += Math.min(end, departures[i]) - arrivals[i];
            return area / end;
        }

        /** Time in line, averaged over customers. */
        public double meanWait() {
            double sum = 0;
            for (int i = 0; i < arrivals.length; i++) sum += starts[i] - arrivals[i];
            return sum / arrivals.length;
        }

        /** Customers present at a time. */
        public int numberAt(double t) {
            int n = 0;
            for (int i = 0; i < arrivals.length && arrivals[i] <= t; i++) if (departures[i] > t) n++;
            return n;
        }
    }
}
