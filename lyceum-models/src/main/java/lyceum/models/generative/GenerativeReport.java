package lyceum.models.generative;

import java.util.List;

/**
 * What {@link GenerativeMetrics#report} measured.
 *
 * @param items generated
 * @param frechet distance to the training data
 * @param kid to the held-out data
 * @param neighbourhoods against the held-out data
 * @param memorisation of the training data
 * @param warnings sentences: bias of small samples, copies
 */
public record GenerativeReport(int items, double frechet, GenerativeMetrics.Score kid, GenerativeMetrics.Neighbourhoods neighbourhoods,
        GenerativeMetrics.Memorisation memorisation, List<String> warnings) {
    public GenerativeReport { warnings = List.copyOf(warnings); }
}
