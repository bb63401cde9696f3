/**
 * What is worth learning from: {@link lyceum.data.curation.CurationPipeline} takes a corpus through {@link lyceum.data.curation.Stage}s and gives a reason for
 * every document that it rejects. The stages: {@link lyceum.data.curation.LanguageFilter}, {@link lyceum.data.curation.QualityRules},
 * {@link lyceum.data.curation.RepetitionRules}, {@link lyceum.data.curation.ScoreFilter} over a {@link lyceum.data.curation.DocumentScorer} such as
 * {@link lyceum.data.curation.QualityClassifier} or {@link lyceum.data.curation.NgramModel}, {@link lyceum.data.curation.BlockedWords},
 * {@link lyceum.data.curation.PersonalData}. {@link lyceum.data.curation.PretrainingCorpus} goes from sources to shards;
 * {@link lyceum.data.curation.InstructionDataset} is for conversations.
 */
package lyceum.data.curation;
