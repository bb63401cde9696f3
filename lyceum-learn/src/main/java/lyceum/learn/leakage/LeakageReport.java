package lyceum.learn.leakage;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What an audit found. Target leakage is a part of data leakage.
 *
 * @param findings of both types, target leakage first
 * @param scores of each fold as evaluated; null without a learner
 */
public record LeakageReport(List<Finding> findings, double[] scores) {
    public LeakageReport { findings = List.copyOf(findings); }

    public boolean isClean() { return findings.isEmpty(); }

    /** All findings. */
    public List<Finding> dataLeakage() { return findings; }

    /** Those where the answer leaks through a column. */
    public List<Finding> targetLeakage() { return findings.stream().filter(f -> f.type() == Finding.Type.TARGET).toList(); }

    /** The findings of a kind. */
    public List<Finding> of(Finding.Kind kind) { return findings.stream().filter(f -> f.kind() == kind).toList(); }

    public boolean has(Finding.Kind kind) { return !of(kind).isEmpty(); }

    /** A line a finding. */
    @Override public String toString() {
        return isClean() ? "no leak found" : findings.stream().map(Finding::toString).collect(Collectors.joining("\n"));
    }
}
