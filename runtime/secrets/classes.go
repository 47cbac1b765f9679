package secrets

const kafkaPackage = "org.apache.kafka.common.config.provider."

// classes are the class names that a worker may write, and what they stand for. Kafka's may go without their package,
// as for all plugins.
var classes = map[string]func(params map[string]string) (provider, error){
	kafkaPackage + "FileConfigProvider":      newFiles,
	"FileConfigProvider":                     newFiles,
	kafkaPackage + "DirectoryConfigProvider": newDirectories,
	"DirectoryConfigProvider":                newDirectories,
	kafkaPackage + "EnvVarConfigProvider":    newEnvironment,
	"EnvVarConfigProvider":                   newEnvironment,

	"sluice.SecretsManager": newSecretsManager,
	"com.amazonaws.kafka.config.providers.SecretsManagerConfigProvider": newSecretsManager,
	"sluice.SSM": newSSM,
	"com.amazonaws.kafka.config.providers.SsmParamStoreConfigProvider": newSSM,
}
