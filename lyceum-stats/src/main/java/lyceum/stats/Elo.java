package lyceum.stats;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.random.Rng;

/**
 * Elo ratings: after each game the winner takes points from the loser, as many as the result was surprising,
 * {@code R_A <- R_A + K (S_A - E_A)} with {@code E_A = 1 / (1 + 10^((R_B - R_A) / 400))}.
 *
 * {@snippet :
 * Elo.expected(1600, 1800);                                       // 0.24
 * double[] ratings = new Elo(32).rate(3, games);                  // in the order of the games
 * double[] orderFree = Elo.ratings(new BradleyTerry().fit(wins), 1500);
 * }
 *
 * <p>An update is a step of stochastic gradient ascent on the {@link BradleyTerry} log-likelihood. With a constant K it never settles, and the order
 * of the games matters: for competitors that do not change, fit all games at once.
 *
 * @param kFactor how far a game moves a rating
 * @param initial the rating of somebody who has not played
 * @see <a href="https://en.wikipedia.org/wiki/Special:BookSources/0668047216">Elo (1978), The Rating of Chessplayers</a>
 */
public record Elo(KFactor kFactor, double initial) {
    /** Points per unit of log-odds, {@code 400 / ln 10}. */
    public static final double POINTS = 400 / Math.log(10);

    /** How far a game moves a rating. */
    @FunctionalInterface
    public interface KFactor {
        /** K of a player with this rating who has played so many games before. */
        double of(double rating, int games);

        /** The same for everybody, always: the total of all ratings is then conserved. */
        static KFactor constant(double k) {
            if (!(k > 0)) throw new IllegalArgumentException("Elo: K is " + k + "; it must be positive");
            return (rating, games) -> k;
        }

        /** FIDE's: 40 for the first 30 games, then 20, and 10 from a rating of 2400 on. (FIDE keeps the 10 for good, and has 40 for the young.) */
        static KFactor fide() { return (rating, games) -> games < 30 ? 40 : rating >= 2400 ? 10 : 20; }
    }

    /** A game. @param score of the first player: 1, 0.5 for a draw, or 0 */
    public record Game(int first, int second, double score) {
        public Game {
            if (first == second) throw new IllegalArgumentException("Elo: player " + first + " plays himself");
            if (!(score >= 0 && score <= 1)) throw new IllegalArgumentException("Elo: a score of " + score + "; it lies between 0 and 1");
        }
    }

    public Elo {
        Objects.requireNonNull(kFactor, "kFactor");
        if (!Double.isFinite(initial)) throw new IllegalArgumentException("Elo: initial is " + initial + "; it must be finite");
    }

    /** Constant K, from 1500. */
    public Elo(double k) { this(KFactor.constant(k), 1500); }

    /** The expected score of a player rated {@code a} against one rated {@code b}. */
    public static double expected(double a, double b) { return 1 / (1 + Math.pow(10, (b - a) / 400)); }

    /** The lead in points that makes this score expected: the inverse of {@link #expected}. */
    public static double lead(double expectedScore) { return POINTS * (Math.log(expectedScore) - Math.log1p(-expectedScore)); }

    /** Ratings after the games, in their order, everybody starting from {@link #initial}. */
    public double[] rate(int players, List<Game> games) {
        var start = new double[players];
        Arrays.fill(start, initial);
        return rate(start, games);
    }

    /** Ratings after the games, from those in {@code start}, which is not changed. Call it again with its result for a further pass. */
    public double[] rate(double[] start, List<Game> games) {
        var ratings = start.clone();
        var played = new int[ratings.length];
        for (var game : games) update(ratings, played, game);
        return ratings;
    }

    /** Ratings before the first game and after each: {@code result[game][player]}. */
    public double[][] path(double[] start, List<Game> games) {
        var path = new double[games.size() + 1][];
        var ratings = start.clone();
        var played = new int[ratings.length];
        path[0] = ratings.clone();
        for (int g = 0; g < games.size(); g++) {
            update(ratings, played, games.get(g));
            path[g + 1] = ratings.clone();
        }
        return path;
    }

    private void update(double[] ratings, int[] played, Game game) {
        int a = game.first, b = game.second;
        if (Math.min(a, b) < 0 || Math.max(a, b) >= ratings.length) throw new IllegalArgumentException(
                "Elo: a game of players " + a + " and " + b + "; they are numbered from 0 to " + (ratings.length - 1));
        double surprise = game.score - expected(ratings[a], ratings[b]);
        double ka = kFactor.of(ratings[a], played[a]++), kb = kFactor.of(ratings[b], played[b]++);
        ratings[a] += ka * surprise;
        ratings[b] -= kb * surprise;
    }

    /**
     * Bootstrap percentile intervals of the players' ratings: each resample draws as many games with replacement, in random order, so that the intervals
     * hold the chance of results and of order.
     *
     * @param level such as 0.95
     */
    public List<Interval> intervals(int players, List<Game> games, double level, int resamples, Rng rng) {
        if (!(level > 0 && level < 1)) throw new IllegalArgumentException("Elo: level is " + level + "; it lies strictly between 0 and 1");
        if (resamples < 2) throw new IllegalArgumentException("Elo: " + resamples + " resamples; at least 2 are needed");
        var found = new double[players][resamples];
        for (int r = 0; r < resamples; r++) {
            var stream = rng.split(r);
            var drawn = new Game[games.size()];
            for (int g = 0; g < drawn.length; g++) drawn[g] = games.get(stream.nextInt(drawn.length));
            var ratings = rate(players, Arrays.asList(drawn));
            for (int i = 0; i < players; i++) found[i][r] = ratings[i];
        }
        return Arrays.stream(found)
                .map(f -> new Interval(Descriptive.quantile(f, (1 - level) / 2), Descriptive.quantile(f, (1 + level) / 2))).toList();
    }

    /** The games in another order, drawn at random. */
    public static List<Game> shuffled(List<Game> games, Rng rng) {
        return Arrays.stream(rng.permutation(games.size())).mapToObj(games::get).toList();
    }

    /** Bradley-Terry log-strengths as ratings about {@code centre}: {@code centre + 400 / ln 10 (b_i - mean b)}. */
    public static double[] ratings(BradleyTerryModel model, double centre) {
        double[] b = model.logStrengths().clone();
        double mean = Descriptive.mean(b);
        for (int i = 0; i < b.length; i++) b[i] = centre + POINTS * (b[i] - mean);
        return b;
    }

    /** Ratings as Bradley-Terry log-strengths of mean 0. */
    public static double[] logStrengths(double... ratings) {
        var b = ratings.clone();
        double mean = Descriptive.mean(ratings);
        for (int i = 0; i < b.length; i++) b[i] = (b[i] - mean) / POINTS;
        return b;
    }

    /** Wins as {@link BradleyTerry} takes them; draws are half a win for each. */
    public static double[][] wins(int players, List<Game> games) {
        var wins = new double[players][players];
        for (var game : games) {
            wins[game.first][game.second] += game.score;
            wins[game.second][game.first] += 1 - game.score;
        }
        return wins;
    }
}
