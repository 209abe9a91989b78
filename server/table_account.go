package server

import (
	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	"github.com/scaleway/scaleway-sdk-go/scw"

	"bailiwick/iam"
)

// Names of the services in the audit trail.
const (
	serviceProject  = "scaleway.account.v3.ProjectApi"
	serviceContract = "scaleway.account.v3.ContractApi"
)

// tableAccount is the published API account/v3.
func tableAccount() []operation {
	return []operation{
		line("POST /account/v3/projects", "CreateProject", "account:project:create", tenantBody, handle((*api).createProject)).recorded(productAccount, serviceProject, "CreateProject", iam.ResourceProject),
		line("GET /account/v3/projects", "ListProjects", "account:project:list", tenantQuery, handle((*api).listProjects)),
		line("GET /account/v3/projects/{project_id}", "GetProject", "account:project:read", tenantPath, handle((*api).getProject)),
		line("DELETE /account/v3/projects/{project_id}", "DeleteProject", "account:project:delete", tenantPath, handleVoid((*api).deleteProject)).recorded(productAccount, serviceProject, "DeleteProject", iam.ResourceProject),
		line("POST /account/v3/projects/{project_id}/delete-with-resources", "DeleteProjectWithResources", "account:project:delete", tenantPath, later[account.ProjectAPIDeleteProjectWithResourcesRequest, account.Project]()).recorded(productAccount, serviceProject, "DeleteProjectWithResources", iam.ResourceProject),
		line("PATCH /account/v3/projects/{project_id}", "UpdateProject", "account:project:write", tenantPath, handle((*api).updateProject)).recorded(productAccount, serviceProject, "UpdateProject", iam.ResourceProject),
		line("POST /account/v3/projects/{project_id}/project-qualification", "SetProjectQualification", "account:project:write", tenantPath, later[account.ProjectAPISetProjectQualificationRequest, account.ProjectQualification]()).recorded(productAccount, serviceProject, "SetProjectQualification", iam.ResourceProject),

		line("GET /account/v3/contract-signatures/{contract_signature_id}/download", "DownloadContractSignature", "account:contract_signature:read", tenantObject, later[account.ContractAPIDownloadContractSignatureRequest, scw.File]()),
		line("POST /account/v3/contract-signatures", "CreateContractSignature", "account:contract_signature:create", tenantBody, later[account.ContractAPICreateContractSignatureRequest, account.ContractSignature]()).recorded(productAccount, serviceContract, "CreateContractSignature", "account_contract_signature"),
		line("POST /account/v3/contract-signatures/{contract_signature_id}/validate", "ValidateContractSignature", "account:contract_signature:create", tenantObject, later[account.ContractAPIValidateContractSignatureRequest, account.ContractSignature]()).recorded(productAccount, serviceContract, "ValidateContractSignature", "account_contract_signature"),
		line("POST /account/v3/contract-signatures/check", "CheckContractSignature", "account:contract_signature:read", tenantBody, later[account.ContractAPICheckContractSignatureRequest, account.CheckContractSignatureResponse]()),
		line("GET /account/v3/contract-signatures", "ListContractSignatures", "account:contract_signature:list", tenantQuery, later[account.ContractAPIListContractSignaturesRequest, account.ListContractSignaturesResponse]()),
	}
}
