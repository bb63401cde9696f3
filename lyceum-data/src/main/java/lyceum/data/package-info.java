/**
 * Data to learn from: tables, datasets, and how they are divided.
 *
 * <p>Start with {@link lyceum.data.Datasets}: it gives {@link lyceum.data.Dataset}s, tensors with names, which {@link lyceum.data.Split} divides and
 * {@link lyceum.data.DataLoader} cuts into mini-batches; what does not fit into memory {@link lyceum.data.StreamLoader} cuts as it is read.
 * {@link lyceum.data.SealedTestSet} counts who looks at the test part.
 *
 * <p>Data of one's own come through {@link lyceum.data.Frame}, a table of typed columns with explicit nulls: from CSV ({@link lyceum.data.Csv}, which says
 * why each column has its type), from Parquet or SQL ({@link lyceum.data.DuckDb}, an optional dependency), or from {@link lyceum.data.Column}s. A frame
 * becomes a dataset by {@code toDataset}, a matrix by {@code toTensor}.
 *
 * <p>Categories become numbers by {@link lyceum.data.OneHotEncoder}, {@link lyceum.data.OrdinalEncoder}, {@link lyceum.data.TargetEncoder} or
 * {@link lyceum.data.HashingEncoder}.
 *
 * <p>Sequences are batched by {@link lyceum.data.PadCollator}; samples are changed at random by what {@link lyceum.data.augment} holds.
 *
 * <p>Texts have packages of their own: {@link lyceum.data.corpus} reads and describes them, {@link lyceum.data.dedup} finds copies,
 * {@link lyceum.data.curation} rejects with a reason, {@link lyceum.data.mixture} draws by weight. {@link lyceum.data.version} keeps versions of any rows.
 *
 * <p>The sources and licences of the bundled data are in {@code PROVENANCE.md} beside this package's resources.
 */
package lyceum.data;
