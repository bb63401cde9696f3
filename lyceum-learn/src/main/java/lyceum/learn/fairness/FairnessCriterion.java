package lyceum.learn.fairness;

import java.util.List;

/** What a definition of fairness wants to be alike in all groups. Most of them exclude each other, see {@link FairnessImpossibility}. */
public enum FairnessCriterion {
    /** Decisions do not depend on the group. */
    DEMOGRAPHIC_PARITY(GroupRate.SELECTION),
    /** Those who deserve it are chosen alike often (Hardt, Price and Srebro 2016). */
    EQUAL_OPPORTUNITY(GroupRate.TRUE_POSITIVE),
    /** Given the label, decisions do not depend on the group (Hardt, Price and Srebro 2016). */
    EQUALISED_ODDS(GroupRate.TRUE_POSITIVE, GroupRate.FALSE_POSITIVE),
    /** A positive decision means the same in every group (Chouldechova 2017). */
    PREDICTIVE_PARITY(GroupRate.POSITIVE_PREDICTIVE_VALUE);

    private final List<GroupRate> rates;

    FairnessCriterion(GroupRate... rates) { this.rates = List.of(rates); }

    /** The rates that must agree. */
    public List<GroupRate> rates() { return rates; }
}
