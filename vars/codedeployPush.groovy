// Made by go run ./internal/gen from the step's Inputs and Outputs.
// Bring a revision's bundle into S3, unless the same content lies there already.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'push',
        inputs: [
            format: 'text',
            outputs: 'text',
            dotenv: 'text',
            verbose: 'text',
            endpoint: 'text',
            region: 'text',
            roleToAssume: 'lines',
            roleDuration: 'text',
            roleTags: 'text',
            oidcToken: 'secret',
            oidcTokenFile: 'text',
            oidcAudience: 'text',
            state: 'text',
            instances: 'text',
            instanceKind: 'text',
            instanceName: 'text',
            network: 'text',
            source: 'text',
            appspec: 'text',
            include: 'list',
            exclude: 'list',
            linksOutside: 'text',
            followLinks: 'text',
            bundleType: 'text',
            bundleOutput: 'text',
            compressionLevel: 'text',
            cache: 'text',
            verify: 'text',
            s3Sse: 'text',
            s3KmsKey: 'text',
            s3BucketKey: 'text',
            s3Acl: 'text',
            s3StorageClass: 'text',
            s3Tags: 'list',
            s3Metadata: 'list',
            s3BucketOwner: 'text',
            s3RequestPayer: 'text',
            s3Accelerate: 'text',
            s3PartsAtOnce: 'text',
            bundle: 'text',
            application: 'text',
            s3Bucket: 'text',
            s3Key: 'text',
            s3Prefix: 'text',
            dryRun: 'text',
        ],
        outputs: [
            'application': 'application',
            'bundle': 'bundle',
            'bundle-digest': 'bundleDigest',
            'bundle-size': 'bundleSize',
            'revision': 'revision',
            'etag': 'etag',
            'version-id': 'versionId',
            'unchanged': 'unchanged',
        ],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps push', script: 'exec codedeploy-steps push', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps push', script: '@codedeploy-steps push', returnStatus: true)
    }
}
