/**
 * The catalogue: 757 topics of machine learning, their articles, and how much of each works.
 *
 * <p>Start at {@link lyceum.labs.catalogue.Catalogue}. What a topic is comes from
 * {@code catalogue/<module>.json}, its article from {@code topics/<slug>.md}; whether it works is derived by {@link lyceum.labs.catalogue.StatusBoard} from the clauses, the
 * article and the committed {@link lyceum.labs.catalogue.Ledger} of checks, and never typed in.
 */
package lyceum.labs.catalogue;
