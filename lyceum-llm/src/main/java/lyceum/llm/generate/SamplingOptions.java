package lyceum.llm.generate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import lyceum.withers.Withers;

/**
 * How the next token is chosen: settings that become one ordered chain of {@link LogitProcessor}s and a draw. {@link #DEFAULT} draws from the model's distribution as it
 * is. A step that is off costs nothing and changes no bit.
 *
 * {@snippet :
 * var usual = SamplingOptions.DEFAULT.withTemperature(0.8).withTopK(40).withTopP(0.95).withMinP(0.05);
 * var exact = SamplingOptions.greedy();
 * var lastly = usual.withOrder(List.of(SamplingOptions.Step.TOP_P, SamplingOptions.Step.TEMPERATURE));  // no others then
 * }
 *
 * <p>Order matters: top-p after a temperature of 1.5 keeps more than before it. {@link #order} says which steps there are and when; by default that of
 * {@link Step}'s constants.
 *
 * @param temperature logits are divided by it; 0 takes the largest (the lowest id of several), whatever truncation says
 * @param topK the k largest logits stay; {@link Integer#MAX_VALUE} for all
 * @param topP the fewest likeliest tokens stay whose probability is at least p (Holtzman et al. 2020); 1 for all
 * @param minP tokens of at least this times the largest probability stay (Nguyen et al. 2024); 0 for all
 * @param typicalP tokens whose surprise is nearest to the entropy stay, the fewest that reach this probability (Meister et al. 2023); 1 for all
 * @param penalties for tokens that came before, each in turn
 * @param noRepeat no run of so many tokens comes twice, the prompt's among them; 0 for no rule
 * @param dry penalty of repeated runs
 * @param xtc exclusion of top choices
 * @param mirostat steering of surprise
 * @param bias added to logits of ids
 * @param bans ids that never come
 * @param order of the steps; those not named are left out. No logit changes behind MIROSTAT
 * @param own further steps, before all others: makers of one for each request
 */
@Withers
public record SamplingOptions(double temperature, int topK, double topP, double minP, double typicalP, List<Penalties> penalties,
        int noRepeat, Dry dry, Xtc xtc, Mirostat mirostat, Map<Integer, Double> bias, Set<Integer> bans, List<Step> order,
        List<Supplier<LogitProcessor>> own) implements SamplingOptionsWithers {

    /** Of the chain, in the order in which they are applied by default. */
    public enum Step {
        BIAS, BANS, PENALTIES, NO_REPEAT, DRY, XTC, TEMPERATURE, TOP_K, TYPICAL, TOP_P, MIN_P, MIROSTAT
    }

    /** The model's own distribution. */
    public static final SamplingOptions DEFAULT = new SamplingOptions(1, Integer.MAX_VALUE, 1, 0, 1, List.of(), 0, Dry.OFF, Xtc.OFF,
            Mirostat.OFF, Map.of(), Set.of(), List.of(Step.values()), List.of());

    public SamplingOptions {
        penalties = List.copyOf(penalties);
        bias = Map.copyOf(bias);
        bans = Set.copyOf(bans);
        order = List.copyOf(order);
        own = List.copyOf(own);
        check("temperature", temperature, temperature >= 0 && temperature < Double.POSITIVE_INFINITY,
                "0 or more and finite; 0 means the largest logit");
        check("topK", topK, topK >= 1, "at least 1; Integer.MAX_VALUE keeps all");
        check("topP", topP, topP >= 0 && topP <= 1, "from 0 to 1, which keeps all");
        check("minP", minP, minP >= 0 && minP <= 1, "from 0, which keeps all, to 1");
        check("typicalP", typicalP, typicalP >= 0 && typicalP <= 1, "from 0 to 1, which keeps all");
        check("noRepeat", noRepeat, noRepeat >= 0, "a length, or 0 for no rule");
        if (order.size() != (order.isEmpty() ? 0 : EnumSet.copyOf(order).size()))
            throw new IllegalArgumentException("SamplingOptions: the order " + order + " names a step twice");
        int steers = mirostat.target() > 0 ? order.indexOf(Step.MIROSTAT) : -1;
        for (var step : List.of(Step.BIAS, Step.PENALTIES, Step.DRY, Step.TEMPERATURE))
            if (steers >= 0 && order.indexOf(step) > steers) throw new IllegalArgumentException("SamplingOptions: the order " + order
                    + " changes logits by " + step + " after MIROSTAT has measured surprise by them; put MIROSTAT behind it");
        bias.forEach((id, z) -> check("bias of id " + id, z, id >= 0 && z < Double.POSITIVE_INFINITY,
                "a number, or -Infinity for a ban, of an id from 0"));
    }

    private static void check(String what, double value, boolean right, String rule) {
        if (!right) throw new IllegalArgumentException("SamplingOptions: " + what + " is " + value + "; it is " + rule);
    }

    /** The likeliest token each time, of equal ones the lowest id. */
    public static SamplingOptions greedy() { return DEFAULT.withTemperature(0); }

    /** The k likeliest tokens, by their probabilities. */
    public static SamplingOptions topK(int k) { return DEFAULT.withTopK(k); }

    /** The nucleus of probability p. */
    public static SamplingOptions topP(double p) { return DEFAULT.withTopP(p); }

    public SamplingOptions withPenalty(Penalties one) { return withPenalties(List.of(one)); }

    /** Whether no number of the stream changes what is drawn; false where steps of one's own or {@link #xtc} might. */
    public boolean isGreedy() {
        boolean one = temperature == 0 && order.contains(Step.TEMPERATURE) || topK == 1 && order.contains(Step.TOP_K);
        return one && xtc.probability() == 0 && own.isEmpty();
    }

    /** The steps for one request, those that are off left out. */
    public List<LogitProcessor> chain() {
        var chain = new ArrayList<LogitProcessor>();
        own.forEach(maker -> chain.add(maker.get()));
        for (var step : order) {
            switch (step) {
                case BIAS -> {
                    if (!bias.isEmpty()) chain.add(biased());
                }
                case BANS -> {
                    if (!bans.isEmpty()) chain.add(banned());
                }
                case PENALTIES -> {
                    for (var one : penalties) if (!one.isOff()) chain.add(one.processor());
                }
                case NO_REPEAT -> {
                    if (noRepeat > 0) chain.add(new NoRepeatNGram(noRepeat, true));
                }
                case DRY -> {
                    if (dry.multiplier() > 0) chain.add(dry.processor());
                }
                case XTC -> {
                    if (xtc.probability() > 0) chain.add(xtc.processor());
                }
                case TEMPERATURE -> {
                    if (temperature != 1) chain.add((row, _, _) -> row.scale(temperature));
                }
                case TOP_K -> {
                    if (topK < Integer.MAX_VALUE) chain.add((row, _, _) -> row.keepLargest(topK));
                }
                case TYPICAL -> {
                    if (typicalP < 1) chain.add(new TypicalP(typicalP));
                }
                case TOP_P -> {
                    if (topP < 1) chain.add((row, _, _) -> row.keepNucleus(topP));
                }
                case MIN_P -> {
                    if (minP > 0) chain.add((row, _, _) -> row.keepAtLeast(row.max() + Math.log(minP)));
                }
                case MIROSTAT -> {
                    if (mirostat.target() > 0) chain.add(mirostat.processor());
                }
            }
        }
        return chain;
    }

    private LogitProcessor biased() {
        int[] ids = ids(bias.keySet());
        var by = new double[ids.length];
        for (int i = 0; i < ids.length; i++) by[i] = bias.get(ids[i]);
        return (row, _, _) -> {
            for (int i = 0; i < ids.length; i++) row.add(known("bias", ids[i], row), by[i]);
        };
    }

    private LogitProcessor banned() {
        int[] ids = ids(bans);
        return (row, _, _) -> {
            for (int id : ids) row.ban(known("bans", id, row));
        };
    }

    private static int[] ids(Collection<Integer> ids) { return ids.stream().mapToInt(Integer::intValue).sorted().toArray(); }

    private static int known(String what, int id, LogitRow row) {
        if (id >= 0 && id < row.vocabulary()) return id;
        throw new IllegalArgumentException("SamplingOptions: " + what + " names id " + id + " of a vocabulary of " + row.vocabulary());
    }
}
